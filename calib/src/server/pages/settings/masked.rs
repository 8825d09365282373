//! Passwords within the settings: only those see them who may change them, and the audit log never has them.
//!
//! They stand in addresses, such as `rtsp://user:password@camera/`, and in the properties of a GStreamer pipeline that is
//! a camera's source, such as `rtspsrc user-id=user user-pw=password`. A password may hold nearly any character, so what
//! is masked rather is too much than too little: in an address everything up to the last `@`, of a property everything up
//! to the next blank or quote.

use serde_json::Value;

use crate::the_box::settings::Settings;

/// What stands in place of a password.
const MASK: &str = "***";

/// Last words of the names of properties that are masked: `user-pw`, `smtp_password`. Names of files and folders with
/// secrets end otherwise.
const SECRET: [&str; 11] = [
    "pw",
    "pwd",
    "pass",
    "passwd",
    "password",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "auth",
    "authorization",
];

/// Properties that are masked, too: who logs in.
const LOGIN: [&str; 2] = ["user-id", "user_id"];

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

/// The text without the passwords in it.
pub(super) fn masked(text: &str) -> String {
    without_properties(&without_logins(text))
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || c == '"' || c == '\''
}

/// The text with the password of each address in it masked.
fn without_logins(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + "://".len());
        all.push_str(before);
        let (address, after) = address.split_at(address.find(ends_word).unwrap_or(address.len()));
        match address.rsplit_once('@').map(|(login, host)| (login.split_once(':'), host)) {
            Some((Some((name, _)), host)) => all.push_str(&format!("{name}:{MASK}@{host}")),
            _ => all.push_str(address),
        }
        rest = after;
    }
    all + rest
}

/// The text with the value of each property masked whose name says that it is secret.
fn without_properties(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, value) = rest.split_at(at + 1);
        all.push_str(before);
        rest = value;
        if is_secret(&before[..at]) {
            let value = value.trim_start_matches([' ', '\t']);
            all.push_str(MASK);
            rest = &value[value_length(value)..];
        }
    }
    all + rest
}

/// Whether a property of a secret name ends here.
fn is_secret(before: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let name = before.trim_end().rsplit(|c| !is_part(c)).next().unwrap_or_default().to_lowercase();
    let last = name.rsplit(['-', '_']).next().unwrap_or_default();
    SECRET.contains(&last) || LOGIN.contains(&name.as_str())
}

/// How long a value is: with its quotes, where it stands between some, which may be escaped themselves; else up to the
/// next blank or quote that is not.
fn value_length(value: &str) -> usize {
    let opened = value.trim_start_matches('\\');
    let depth = value.len() - opened.len();
    let quote = opened.chars().next().filter(|c| *c == '"' || *c == '\'');
    let begin = if quote.is_some() { depth + 1 } else { 0 };
    let mut slashes = 0;
    for (at, c) in value[begin..].char_indices() {
        let ends = match quote {
            Some(quote) => c == quote && slashes <= depth,
            None => ends_word(c) && slashes == 0,
        };
        match quote {
            // One with fewer backslashes ends the text around the value.
            Some(_) if ends && slashes == depth => return begin + at + 1,
            _ if ends => return begin + at,
            _ => {}
        }
        slashes = if c == '\\' { slashes + 1 } else { 0 };
    }
    value.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::masked;

    #[test]
    fn only_what_is_secret_is_masked() {
        for (text, shown) in [
            ("rtsp://jo:secret@10.0.0.7/stream", "rtsp://jo:***@10.0.0.7/stream"),
            ("rtsp://jo:pa/ss@cam", "rtsp://jo:***@cam"),
            ("rtsp://jo:pa://ss@cam/1", "rtsp://jo:***@cam/1"),
            ("+source = \"rtsp://jo:p@ss:w@cam\"\n", "+source = \"rtsp://jo:***@cam\"\n"),
            ("rtsp://jo@cam/a rtsp://a:b@c", "rtsp://jo@cam/a rtsp://a:***@c"),
            ("http://wms.local/items/{sku}?a@b:c", "http://wms.local/items/{sku}?a@b:c"),
            ("http://wms.local:8080/items/{sku}", "http://wms.local:8080/items/{sku}"),
            ("v4l2:/dev/video0", "v4l2:/dev/video0"),
            (
                "gst:rtspsrc location=rtsp://cam user-id=jo user-pw=se&cret,1 latency=0 ! decodebin",
                "gst:rtspsrc location=rtsp://cam user-id=*** user-pw=*** latency=0 ! decodebin",
            ),
            ("a USER-PW = \"se cret\" b='1'", "a USER-PW =*** b='1'"),
            ("x password=se\\ cret y", "x password=*** y"),
            (
                "+source = \"rtspsrc user-pw=\\\"se cret\\\" ! x\"\n",
                "+source = \"rtspsrc user-pw=*** ! x\"\n",
            ),
            ("source = \"rtspsrc user-pw=secret\"", "source = \"rtspsrc user-pw=***\""),
            ("http://cam/cgi?user=jo&pwd=secret&x=1", "http://cam/cgi?user=jo&pwd=***"),
            (
                "password_file = \"/etc/inspectd/broker\"",
                "password_file = \"/etc/inspectd/broker\"",
            ),
            ("password=\n+fps = 30", "password=***\n+fps = 30"),
            ("-fps = 25\n+fps = 30\n", "-fps = 25\n+fps = 30\n"),
            ("bypass=1 compass-heading=2", "bypass=1 compass-heading=2"),
            ("", ""),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    /// What a password may be made of where nothing stands around it: what ends neither an address nor a value.
    const BARE: &str = "[a-zA-Z0-9/:@?&=#%+,;.!$*()~^|<>{}\\[\\]_-]{0,12}";

    proptest! {
        #[test]
        fn no_password_of_an_address_survives(
            user in "[a-z]{0,5}",
            before in BARE,
            after in BARE,
            around in prop_oneof![Just(("", "")), Just(("+source = \"", "\"\n")), Just(("a b ", " c"))],
        ) {
            let password = format!("{before}SECRET{after}");
            let text = format!("{}rtsp://{user}:{password}@cam/1{}", around.0, around.1);
            let shown = masked(&text);
            prop_assert!(!shown.contains("SECRET"), "{} became {}", text, shown);
            prop_assert!(shown.starts_with(around.0), "{}", shown);
        }

        #[test]
        fn no_password_of_a_property_survives(
            name in prop_oneof![
                Just("user-pw"), Just("user-id"), Just("password"), Just("proxy-pw"), Just("PASSWD"),
                Just("smtp_password"), Just("token"),
            ],
            equals in prop_oneof![Just("="), Just(" = "), Just("=\t")],
            before in BARE,
            after in BARE,
            quote in prop_oneof![Just(""), Just("\""), Just("'"), Just("\\\"")],
        ) {
            let blanks = if quote.is_empty() { "" } else { " and " };
            let value = format!("{quote}{before}{blanks}SECRET{blanks}{after}{quote}");
            let text = format!("rtspsrc {name}{equals}{value} ! fakesink x=1");
            let shown = masked(&text);
            prop_assert!(!shown.contains("SECRET"), "{} became {}", text, shown);
            prop_assert!(shown.ends_with(" ! fakesink x=1"), "{}", shown);
        }

        #[test]
        fn any_text_is_taken(text in ".*") {
            _ = masked(&text);
        }
    }
}
