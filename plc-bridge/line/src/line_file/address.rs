//! Addresses in the line file: host and port, and nothing that belongs elsewhere.
//!
//! A key declares which form it has with `#[schemars(extend("format" = ...))]`, one of [`FORMATS`].

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// `host:port`, of something that is reached over the network.
pub const HOST_PORT: &str = "host-port";
/// `address:port`, on which something is served: an address in numbers.
pub const LISTEN: &str = "listen-address";
/// `http://host/path`, with or without a port.
pub const HTTP_URL: &str = "http-url";
/// All of them.
pub const FORMATS: [&str; 3] = [HOST_PORT, LISTEN, HTTP_URL];

/// What is wrong with an address, and what to write instead.
pub type Wrong = (String, String);

/// What is wrong with `text`, which should be of the given one of [`FORMATS`].
///
/// # Errors
/// What is wrong, and what to write instead.
pub fn check(format: &str, text: &str) -> Result<(), Wrong> {
    match format {
        HOST_PORT => host_port(text),
        LISTEN => listen(text),
        HTTP_URL => http_url(text),
        _ => Ok(()),
    }
}

fn host_port(text: &str) -> Result<(), Wrong> {
    if let Some((scheme, rest)) = text.split_once("://") {
        let rest = rest.split(['/', '?']).next().unwrap_or_default();
        let bare = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
        return Err((
            format!("`{scheme}://` does not belong here"),
            if authority(bare).is_ok() {
                format!("write \"{bare}\"")
            } else {
                "write host and port, as in \"host.example:1883\"".to_owned()
            },
        ));
    }
    if let Some((bare, _)) = text.split_once('/') {
        let instead = format!("write \"{bare}\", if that is the host and the port");
        return Err(("it has a path, and names a host and a port only".to_owned(), instead));
    }
    if let Some((_, bare)) = text.rsplit_once('@') {
        let instead = format!("write \"{bare}\"; a user's name has a key of its own");
        return Err(("it has a user's name, and names a host and a port only".to_owned(), instead));
    }
    authority(text)
}

fn listen(text: &str) -> Result<(), Wrong> {
    host_port(text)?;
    if text.parse::<SocketAddr>().is_ok() {
        return Ok(());
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "8080"));
    let address = if host.eq_ignore_ascii_case("localhost") { "127.0.0.1" } else { "0.0.0.0" };
    Err((
        format!("`{host}` is a name; an address in numbers belongs here"),
        format!("write \"{address}:{port}\", or this box's own address"),
    ))
}

fn http_url(text: &str) -> Result<(), Wrong> {
    let instead = "write \"http://host/path\", as in \"http://wms.local/items/{sku}\"";
    let Some(rest) = text.strip_prefix("http://") else {
        let problem = match text.split_once("://") {
            Some((scheme, _)) => format!("`{scheme}://` is not spoken here, only `http://`"),
            None => "it does not begin with `http://`".to_owned(),
        };
        return Err((problem, instead.to_owned()));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let bare = &rest[..end];
    let bare = bare.rsplit_once('@').map_or(bare, |(_, host)| host);
    if bare.contains(':') && !bare.ends_with(']') { authority(bare) } else { host(bare) }
}

/// Host and port.
fn authority(text: &str) -> Result<(), Wrong> {
    let missing = |host: &str| {
        ("the port is missing".to_owned(), format!("write \"{host}:PORT\", with the port's number"))
    };
    if text.starts_with('[') && text.ends_with(']') {
        return Err(missing(text));
    }
    let Some((name, port)) = text.rsplit_once(':') else {
        return Err(missing(text));
    };
    if name.contains(':') && !(name.starts_with('[') && name.ends_with(']')) {
        let whole = text.parse::<Ipv6Addr>().is_ok();
        let instead = if name.parse::<Ipv6Addr>().is_ok() && !whole {
            format!("write \"[{name}]:{port}\"")
        } else {
            "write host and port; an IPv6 address stands in brackets, \"[fd00::5]:1883\"".to_owned()
        };
        return Err(("it has more than one `:`".to_owned(), instead));
    }
    host(name)?;
    if port.is_empty() {
        return Err(missing(name));
    }
    match port.parse::<u64>() {
        Ok(1..=65_535) if port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        _ if !port.bytes().all(|byte| byte.is_ascii_digit()) => Err((
            format!("`{port}` is no port"),
            format!("write \"{name}:PORT\", with the port's number, 1 to 65535"),
        )),
        _ => Err((
            format!("there is no port {port}"),
            format!("write \"{name}:PORT\", with a port from 1 to 65535"),
        )),
    }
}

fn host(name: &str) -> Result<(), Wrong> {
    let wrong = |problem: String| {
        let instead = "write the host's name or its address, as in \"192.168.10.5\"".to_owned();
        Err((problem, instead))
    };
    if name.is_empty() {
        return wrong("the host is missing".to_owned());
    }
    if let Some(inner) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let bare = inner.split('%').next().unwrap_or_default();
        return match bare.parse::<Ipv6Addr>() {
            Ok(_) => Ok(()),
            Err(_) => wrong(format!("`{inner}` is no IPv6 address")),
        };
    }
    if let Some(other) =
        name.chars().find(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_')))
    {
        return wrong(format!("no host's name has `{other}` in it"));
    }
    if name.split('.').any(str::is_empty) && !name.ends_with('.') || name.starts_with('.') {
        return wrong(format!("`{name}` is no host's name"));
    }
    let numbers = name.chars().all(|c| c.is_ascii_digit() || c == '.');
    if numbers && name.parse::<Ipv4Addr>().is_err() {
        return wrong(format!("`{name}` is no IPv4 address"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(format: &str, text: &str) -> String {
        let (problem, instead) = check(format, text).expect_err(text);
        format!("{problem}; {instead}")
    }

    #[test]
    fn hosts_and_ports_as_people_write_them_are_taken() {
        for text in
            ["broker.example:1883", "192.168.10.5:502", "[fd00::5]:8883", "plc:502", "my_plc-2:1"]
        {
            check(HOST_PORT, text).expect(text);
        }
        for text in ["0.0.0.0:8080", "[::]:80", "127.0.0.1:65535"] {
            check(LISTEN, text).expect(text);
        }
        for text in
            ["http://wms.local/items/{sku}", "http://10.0.0.1:8000/x?sku={sku}", "http://[::1]/"]
        {
            check(HTTP_URL, text).expect(text);
        }
    }

    #[test]
    fn ports_that_do_not_exist_are_named() {
        for port in ["0", "70000", "65536", "99999999999999999999999", "00"] {
            let text = told(HOST_PORT, &format!("plc:{port}"));
            assert!(text.contains(&format!("there is no port {port}")), "{text}");
            assert!(text.contains("write \"plc:PORT\", with a port from 1 to 65535"), "{text}");
        }
        assert!(told(LISTEN, "0.0.0.0:0").contains("there is no port 0"));
        assert!(told(HTTP_URL, "http://wms:70000/items").contains("there is no port 70000"));
        assert!(told(HOST_PORT, "plc:+5").contains("`+5` is no port"));
        assert!(told(HOST_PORT, "plc").contains("the port is missing"));
        assert!(told(HOST_PORT, "plc:").contains("the port is missing"));
    }

    #[test]
    fn a_scheme_a_path_and_a_user_are_told_with_what_is_left_without_them() {
        let text = told(HOST_PORT, "mqtt://broker.example:1883");
        assert_eq!(text, "`mqtt://` does not belong here; write \"broker.example:1883\"");
        let text = told(HOST_PORT, "http://user:word@broker:1883/topic");
        assert_eq!(text, "`http://` does not belong here; write \"broker:1883\"");
        assert!(told(HOST_PORT, "tcp://broker").contains("write host and port"));
        assert!(told(HOST_PORT, "broker:1883/x").contains("write \"broker:1883\""));
        assert!(told(HOST_PORT, "me@broker:1883").contains("write \"broker:1883\""));
        assert!(told(LISTEN, "http://0.0.0.0:8080").contains("write \"0.0.0.0:8080\""));
    }

    #[test]
    fn hosts_that_are_none_are_named() {
        assert!(told(HOST_PORT, "192.168.10.500:502").contains("is no IPv4 address"));
        assert!(told(HOST_PORT, "fd00::5:1883").contains("[fd00::5]:1883"));
        assert!(told(HOST_PORT, "broker example:1883").contains("` `"));
        assert!(told(HOST_PORT, ":1883").contains("the host is missing"));
        assert!(told(HOST_PORT, "a..b:1").contains("is no host's name"));
        assert!(told(LISTEN, "localhost:8080").contains("write \"127.0.0.1:8080\""));
        assert!(told(HTTP_URL, "https://wms/items").contains("only `http://`"));
        assert!(told(HTTP_URL, "wms/items").contains("does not begin with"));
    }
}
