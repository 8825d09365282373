//! Who is not logged in gets nothing.

use super::*;
use crate::server::guard::{Access, Kind};
use crate::server::routes;

/// An address of the table, as somebody would ask for it.
pub(super) fn asked_for(path: &str) -> String {
    path.replace("{name}", "overview.js")
        .replace("{language}", "en.json")
        .replace("{camera}", "top")
        .replace("{*path}", "day/a.png")
        .replace("{boot}", "boot")
        .replace("{item}", "7")
        .replace("{sku}", "tea")
        .replace("{view}", "side")
        .replace("{section}", "policy")
}

async fn refused(served: &Served, client: &Client, headers: &[(&str, &str)]) {
    let mut closed = 0;
    for route in routes::all() {
        if route.access == Access::Open {
            continue;
        }
        let path = asked_for(route.path);
        let answer = match route.method {
            "GET" => {
                let mut request = Request::get(&path);
                for (name, value) in headers {
                    request = request.header(*name, *value);
                }
                client.send(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap()
            }
            _ => client.post(&path, &[("name", "eve")], headers).await.unwrap(),
        };
        let (status, told) = (answer.status.as_u16(), answer.text());
        match route.kind {
            Kind::Data => assert_eq!(status, 401, "{path}: {told}"),
            Kind::Page => {
                let place = answer.headers["location"].to_str().unwrap();
                assert_eq!(status, 303, "{path}: {told}");
                assert!(place.starts_with("/log-in"), "{path} leads to {place}");
            }
        }
        for secret in ["outbound 3", "picture", "anna", "t.get"] {
            assert!(!told.contains(secret), "{path} tells {secret}: {told}");
        }
        closed += 1;
    }
    assert!(closed > 15, "the table was read");
    assert_eq!(served.people().list().unwrap().len(), 1, "nobody was added or removed");
}

#[tokio::test]
async fn no_address_answers_a_stranger_but_log_in_set_up_and_health() {
    let wrong = [("cookie", "__Host-session=AAAA; session=AAAA")];
    for headers in [&[][..], &wrong] {
        // A page each: of one page, a stranger may not ask so much.
        let served = served().await;
        served.add("anna", Role::Engineer);
        refused(&served, &served.client, headers).await;
    }
    let served = served().await;
    served.add("anna", Role::Engineer);
    let guessed = served.client.clone().with_token(Secret::new().unwrap());
    refused(&served, &guessed, &[]).await;
    let open: Vec<_> = routes::all()
        .iter()
        .filter(|route| route.access == Access::Open)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(
        open,
        [
            "GET /log-in",
            "POST /log-in",
            "GET /set-up",
            "POST /set-up",
            "GET /assets/page.css",
            "GET /assets/icon.svg",
            "GET /healthz"
        ]
    );
    assert_eq!(served.client.get("/healthz").await.unwrap().status, 200);
    assert_eq!(served.client.get("/log-in").await.unwrap().status, 200);
    assert_eq!(served.client.get("/nothing").await.unwrap().status, 404);
}

#[tokio::test]
async fn a_program_of_this_machine_reads_with_the_token_and_changes_nothing() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    let machine = served.machine();
    let status = machine.get("/api/status").await.unwrap();
    let told: PageStatus = serde_json::from_slice(&status.body).unwrap();
    assert_eq!(told.line, "outbound 3");
    assert_eq!(machine.get("/evidence/day/a.png").await.unwrap().body, "picture");
    assert_eq!(machine.get("/api/people").await.unwrap().status, 403);
    for path in ["/log-out", "/account/password", "/people/remove"] {
        let answer = machine.post(path, &[("name", "anna")], &[]).await.unwrap();
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(served.people().list().unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_speaks_plain_http_to_the_encrypted_page_is_told_to_write_https() {
    let served = served().await;
    let answer = Client::new(served.address, None).get("/").await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("https://"), "{}", answer.text());
}

#[tokio::test]
async fn a_program_takes_the_very_certificate_that_it_knows() {
    let served = served().await;
    let other = Client::new(served.address, Some([7; 32])).get("/healthz").await;
    assert!(other.unwrap_err().to_string().contains("another certificate"));
}
