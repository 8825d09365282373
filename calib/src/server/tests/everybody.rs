//! Everybody at every address: who is let in follows from the table of addresses, and from nothing else.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::listener::plain;
use super::*;
use crate::server::guard::{Access, Kind};
use crate::server::routes::{self, Route};

/// What becomes of a question, as far as it tells who may ask.
#[derive(Debug, PartialEq, Eq)]
enum Let {
    In,
    /// Data: 401.
    Unknown,
    /// A page: to the log-in.
    ToLogIn,
    /// 403.
    Refused,
}

/// Somebody who asks.
struct Asker {
    name: &'static str,
    /// None for a stranger.
    role: Option<Role>,
    /// What says who they are.
    header: String,
    /// The token of their forms.
    csrf: String,
    is_person: bool,
}

impl Asker {
    fn expected(&self, route: &Route) -> Let {
        let Access::Right(right) = route.access else { panic!("{} is open", route.path) };
        match (self.role, route.kind) {
            (None, Kind::Data) => Let::Unknown,
            (None, Kind::Page) => Let::ToLogIn,
            (Some(role), _) if role.may(right) && (self.is_person || route.method == "GET") => {
                Let::In
            }
            _ => Let::Refused,
        }
    }

    /// Asks, and reads no more than the answer's head: a stream has no end.
    async fn ask(&self, served: &Served, route: &Route) -> Let {
        let path = strangers::asked_for(route.path);
        let form =
            if route.method == "POST" { format!("csrf={}", self.csrf) } else { String::new() };
        let (method, header, length) = (route.method, &self.header, form.len());
        let question = format!(
            "{method} {path} HTTP/1.1\r\nhost: box\r\n{header}content-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\nconnection: close\r\n\r\n{form}"
        );
        let mut socket = TcpStream::connect(served.address).await.unwrap();
        socket.write_all(question.as_bytes()).await.unwrap();
        let mut head = String::new();
        while !head.contains("\r\n\r\n") {
            let mut bytes = [0; 1024];
            let count =
                timeout(PATIENCE, socket.read(&mut bytes)).await.expect("an answer").unwrap();
            assert!(count > 0, "{path} ends in the middle of its head: {head}");
            head.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        let is_log_out = route.path == "/log-out" && self.is_person;
        match head.split(' ').nth(1) {
            Some("401") => Let::Unknown,
            Some("403") => Let::Refused,
            Some("303") if head.contains("location: /log-in") && !is_log_out => Let::ToLogIn,
            Some(_) => Let::In,
            None => panic!("{path}: {head}"),
        }
    }
}

#[tokio::test]
async fn everybody_is_let_in_where_the_table_says_and_nowhere_else() {
    // A camera without a picture is waited for.
    let turn = Duration::from_millis(500);
    let served = served_with(plain(), |limits| Limits { turn, ..limits }).await;
    let mut askers = vec![
        Asker {
            name: "a stranger",
            role: None,
            header: String::new(),
            csrf: String::new(),
            is_person: false,
        },
        Asker {
            name: "this machine",
            role: Some(Role::Viewer),
            header: format!("authorization: Bearer {}\r\n", served.token().reveal()),
            csrf: String::new(),
            is_person: false,
        },
    ];
    let people = [("vera", Role::Viewer), ("theo", Role::Technician), ("anna", Role::Engineer)];
    for (name, role) in people {
        let browser = served.person(name, role).await;
        let (header, csrf) = (format!("cookie: {}\r\n", browser.cookie), browser.csrf().await);
        askers.push(Asker { name, role: Some(role), header, csrf, is_person: true });
    }
    let mut table: Vec<Route> =
        routes::all().into_iter().filter(|route| route.access != Access::Open).collect();
    // Whoever has logged out is a stranger.
    table.sort_by_key(|route| route.path == "/log-out");
    let mut seen = [0; 4];
    for asker in &askers {
        for route in &table {
            let (expected, found) = (asker.expected(route), asker.ask(&served, route).await);
            let (name, method, path) = (asker.name, route.method, route.path);
            seen[match found {
                Let::In => 0,
                Let::Unknown => 1,
                Let::ToLogIn => 2,
                Let::Refused => 3,
            }] += 1;
            assert_eq!(found, expected, "{name} at {method} {path}");
        }
    }
    assert!(seen.iter().all(|count| *count > 15), "each happens: {seen:?}");
}
