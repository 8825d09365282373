//! What each role may do, and that a change must be the person's own.

use super::*;

const NEW: [(&str, &str); 3] = [("name", "eve"), ("role", "engineer"), ("password", PASSWORD)];

fn names(served: &Served) -> Vec<String> {
    served.people().list().unwrap().into_iter().map(|person| person.name).collect()
}

#[tokio::test]
async fn viewers_and_technicians_see_the_line_and_change_nobody() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    for (name, role) in [("vera", Role::Viewer), ("theo", Role::Technician)] {
        let browser = served.person(name, role).await;
        for path in ["/", "/account", "/api/status", "/api/items", "/evidence/day/a.png"] {
            assert_eq!(browser.get(path).await.status, 200, "{name}: {path}");
        }
        for path in ["/people", "/audit", "/api/people", "/api/audit"] {
            assert_eq!(browser.get(path).await.status, 403, "{name}: {path}");
        }
        for path in ["/people/add", "/people/role", "/people/password", "/people/remove"] {
            let fields = [("name", "anna"), ("role", "viewer"), ("password", PASSWORD)];
            assert_eq!(browser.post(path, &fields).await.status, 403, "{name}: {path}");
        }
        assert!(!browser.get("/").await.text().contains("href=\"/people\""), "no dead ends");
    }
    assert_eq!(names(&served), ["anna", "theo", "vera"]);
    assert_eq!(served.people().find("anna").unwrap().unwrap().role, Role::Engineer);
}

#[tokio::test]
async fn an_engineer_adds_changes_and_removes_people_and_the_log_says_so() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let added = anna.post("/people/add", &NEW).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let eve = served.log_in("eve").await;
    assert_eq!(eve.get("/people").await.status, 200);
    let role = anna.post("/people/role", &[("name", "EVE"), ("role", "viewer")]).await;
    assert_eq!(role.status, 303, "{}", role.text());
    assert_eq!(eve.get("/api/status").await.status, 401, "her session ended with the role");
    let eve = served.log_in("eve").await;
    assert_eq!(eve.get("/people").await.status, 403);
    let again = anna.post("/people/password", &[("name", "eve"), ("password", "two red cars")]);
    assert_eq!(again.await.status, 303);
    assert_eq!(eve.get("/api/status").await.status, 401, "and with the password");
    assert_eq!(served.try_log_in("eve", PASSWORD).await.status, 401);
    assert_eq!(served.try_log_in("eve", "two red cars").await.status, 303);
    assert_eq!(anna.post("/people/remove", &[("name", "eve")]).await.status, 303);
    assert_eq!(names(&served), ["anna"]);
    let last = anna.post("/people/remove", &[("name", "anna")]).await;
    assert_eq!(last.status, 422);
    assert!(last.text().contains("last engineer"), "{}", last.text());

    let log = anna.get("/audit").await.text();
    for told in ["added a person", "changed a role", "Engineer → Viewer", "removed a person"] {
        assert!(log.contains(told), "the log lacks `{told}`: {log}");
    }
    assert!(!log.contains("two red cars") && !log.contains("argon2"), "{log}");
    let entries = anna.get("/api/audit?limit=1").await;
    let entries: serde_json::Value = serde_json::from_slice(&entries.body).unwrap();
    assert_eq!(entries[0]["what"], "person removed");
    assert_eq!(entries[0]["who"], "anna");
    assert_eq!(entries[0]["address"], "127.0.0.1");
    assert_eq!(entries[0]["before"], "viewer");
}

#[tokio::test]
async fn what_does_not_do_is_told_in_the_readers_language() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let with = |name: &'static str, password: &'static str| {
        [("name", name), ("role", "viewer"), ("password", password)]
    };
    for (fields, english, german) in [
        (with("a b", PASSWORD), "A name has", "Ein Name hat"),
        (with("anna", PASSWORD), "Somebody has this name", "hat schon jemand"),
        (with("eve", "short"), "too short", "zu kurz"),
        (with("eve", "aaaaaaaaaaaaaa"), "repeats", "zu wenigen verschiedenen"),
    ] {
        let csrf = anna.csrf().await;
        let mut all = fields.to_vec();
        all.push(("csrf", &csrf));
        for (language, text) in [("en", english), ("de-AT, en;q=0.5", german)] {
            let answer = anna.post_as("/people/add", &all, &[("accept-language", language)]).await;
            assert_eq!(answer.status, 422, "{fields:?}");
            assert!(answer.text().contains(text), "{fields:?}: {}", answer.text());
        }
    }
    assert_eq!(names(&served), ["anna"]);
}

#[tokio::test]
async fn a_change_that_is_not_the_persons_own_is_refused() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let bert = served.person("bert", Role::Engineer).await;
    let (own, others) = (anna.csrf().await, bert.csrf().await);
    let with = |csrf: &str| {
        let mut fields: Vec<(String, String)> =
            NEW.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        fields.push(("csrf".to_owned(), csrf.to_owned()));
        fields
    };
    let send = async |csrf: &str, headers: &[(&str, &str)]| {
        let fields = with(csrf);
        let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        anna.post_as("/people/add", &fields, headers).await.status.as_u16()
    };
    assert_eq!(send("", &[]).await, 403, "without the token");
    assert_eq!(send(&others, &[]).await, 403, "with another session's token");
    for foreign in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        assert_eq!(send(&own, &[foreign]).await, 403, "{foreign:?}");
    }
    assert_eq!(names(&served), ["anna", "bert"]);
    assert_eq!(send(&own, &[("sec-fetch-site", "same-origin")]).await, 303);
    assert_eq!(names(&served), ["anna", "bert", "eve"]);
    let foreign = [("sec-fetch-site", "cross-site")];
    let fields = [("name", "bert"), ("password", PASSWORD)];
    let forged = served.client.post("/log-in", &fields, &foreign).await.unwrap();
    assert_eq!(forged.status, 403, "nobody is logged in by another site");
}
