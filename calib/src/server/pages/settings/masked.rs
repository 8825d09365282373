//! Passwords within addresses, such as `rtsp://user:password@camera/`: only those see them who may change them, and
//! the audit log never has them.

use serde_json::Value;

use crate::the_box::settings::Settings;

/// What stands in place of a password.
const MASK: &str = "***";

/// Takes the passwords out of the settings.
pub(super) fn mask(settings: &mut Settings) {
    for table in settings.sections.iter_mut().flat_map(|section| &mut section.present) {
        table.values.values_mut().for_each(value);
    }
    for mistake in &mut settings.mistakes {
        mistake.problem = masked(&mistake.problem);
        mistake.instead = masked(&mistake.instead);
    }
}

fn value(of: &mut Value) {
    match of {
        Value::String(text) => *text = masked(text),
        Value::Array(list) => list.iter_mut().for_each(value),
        _ => {}
    }
}

/// The text with the password of each address in it masked.
pub(super) fn masked(text: &str) -> String {
    let mut parts = text.split("://");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        all.push_str("://");
        let ends = part.find(|c: char| c == '/' || c == '"' || c.is_whitespace());
        let (authority, rest) = part.split_at(ends.unwrap_or(part.len()));
        match authority.rsplit_once('@') {
            Some((login, host)) => {
                let name = login.split(':').next().unwrap_or_default();
                let mask = if login.contains(':') { format!(":{MASK}") } else { String::new() };
                all.push_str(&format!("{name}{mask}@{host}"));
            }
            None => all.push_str(authority),
        }
        all.push_str(rest);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn only_the_password_of_an_address_is_masked() {
        for (text, shown) in [
            ("rtsp://jo:secret@10.0.0.7/stream", "rtsp://jo:***@10.0.0.7/stream"),
            ("+source = \"rtsp://jo:p@ss:w@cam\"\n", "+source = \"rtsp://jo:***@cam\"\n"),
            ("rtsp://jo@cam/a rtsp://a:b@c", "rtsp://jo@cam/a rtsp://a:***@c"),
            ("http://wms.local/items/{sku}?a@b:c", "http://wms.local/items/{sku}?a@b:c"),
            ("v4l2:/dev/video0", "v4l2:/dev/video0"),
            ("", ""),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
