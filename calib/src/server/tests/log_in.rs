//! Set-up, log-in, log-out, guesses, and the ends of sessions.

use super::*;

#[tokio::test]
async fn the_first_engineer_needs_the_code_and_there_is_one_first() {
    let served = served().await;
    let place = served.client.get("/").await.unwrap();
    assert_eq!(place.headers["location"], "/set-up");
    let code = served.folder().set_up_code_if_any().unwrap().expect("one is shown");
    let make = async |code: &str, name: &str| {
        let fields = [("code", code), ("name", name), ("password", PASSWORD), ("again", PASSWORD)];
        served.client.post("/set-up", &fields, &[]).await.unwrap()
    };
    assert_eq!(make("AAAA-AAAA-AAAA", "eve").await.status, 401);
    assert_eq!(make("", "eve").await.status, 401);
    assert!(served.people().list().unwrap().is_empty());
    let done = make(&code.reveal().to_lowercase(), "anna").await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(served.browser(&done).get("/people").await.status, 200, "and is logged in");
    assert!(served.folder().set_up_code_if_any().unwrap().is_none(), "the code is used up");
    assert_ne!(make(code.reveal(), "eve").await.status, 303);
    assert_eq!(served.people().list().unwrap().len(), 1);
}

#[tokio::test]
async fn a_code_that_nobody_needs_any_more_makes_nobody() {
    let served = served().await;
    let code = served.folder().set_up_code_if_any().unwrap().unwrap();
    served.add("anna", Role::Engineer);
    let fields =
        [("code", code.reveal()), ("name", "eve"), ("password", PASSWORD), ("again", PASSWORD)];
    let answer = served.client.post("/set-up", &fields, &[]).await.unwrap();
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert!(served.people().find("eve").unwrap().is_none());
}

#[tokio::test]
async fn guessing_is_refused_after_a_few_tries_even_where_the_guess_is_right() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    served.add("bert", Role::Viewer);
    for guess in 0..6 {
        let answer = served.try_log_in("Anna", &format!("guess number {guess}")).await;
        assert_eq!(answer.status, 401, "{guess}");
    }
    let waits = served.try_log_in("anna", PASSWORD).await;
    assert_eq!(waits.status, 429, "{}", waits.text());
    assert!(waits.text().contains("Try again in"), "{}", waits.text());
    assert_eq!(served.try_log_in("bert", PASSWORD).await.status, 303, "others are not locked out");
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(served.try_log_in("anna", PASSWORD).await.status, 303, "nor she for ever");
    let log = served.people().audit(None, 10).unwrap();
    assert!(log.iter().any(|entry| entry.what == "locked out" && entry.who == "anna"), "{log:?}");
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits_too() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    for guess in 0..16 {
        let answer = served.try_log_in(&format!("name{guess}"), "any password").await;
        assert_eq!(answer.status, 401, "{guess}");
    }
    assert_eq!(served.try_log_in("anna", PASSWORD).await.status, 429);
}

#[tokio::test]
async fn nobody_uses_up_the_guesses_of_the_set_up_page() {
    let served = served().await;
    for _ in 0..8 {
        served.try_log_in("set up", "any password").await;
    }
    assert_eq!(served.try_log_in("set up", "any password").await.status, 429);
    let code = served.folder().set_up_code_if_any().unwrap().expect("one is shown");
    let fields =
        [("code", code.reveal()), ("name", "anna"), ("password", PASSWORD), ("again", PASSWORD)];
    let made = served.client.post("/set-up", &fields, &[]).await.unwrap();
    assert_eq!(made.status, 303, "{}", made.text());
}

#[tokio::test]
async fn an_account_of_ones_own_buys_no_guesses_at_others() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    served.add("mallory", Role::Viewer);
    for guess in 0..16 {
        let answer = served.try_log_in(&format!("name{guess}"), "any password").await;
        assert_eq!(answer.status, 401, "{guess}");
        if guess % 5 == 0 && guess < 15 {
            assert_eq!(served.try_log_in("mallory", PASSWORD).await.status, 303);
        }
    }
    assert_eq!(served.try_log_in("anna", "any password").await.status, 429);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_answered_as_a_wrong_password() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    let known = served.try_log_in("anna", "any password").await;
    let unknown = served.try_log_in("anni", "any password").await;
    assert_eq!(known.status, unknown.status);
    assert_eq!(known.text().replace("anna", "anni"), unknown.text());
}

#[tokio::test]
async fn a_session_ends_with_the_log_out_and_its_cookie_is_held_to_this_host() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let other = served.log_in("anna").await;
    let answer = served.try_log_in("anna", PASSWORD).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for part in ["__Host-session=", "; Path=/;", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
        assert!(cookie.contains(part), "{cookie} lacks {part}");
    }
    let out = anna.post("/log-out", &[]).await;
    assert_eq!(out.status, 303);
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(anna.get("/api/status").await.status, 401);
    assert_eq!(other.get("/api/status").await.status, 200, "the other tablet stays");
}

#[tokio::test]
async fn whoever_changes_the_own_password_knows_it_and_other_log_ins_end() {
    let served = served().await;
    let anna = served.person("anna", Role::Viewer).await;
    let other = served.log_in("anna").await;
    let change = async |now: &str, again: &str| {
        let fields = [("now", now), ("password", "two red cars"), ("again", again)];
        anna.post("/account/password", &fields).await
    };
    assert_eq!(change("a guess of mine", "two red cars").await.status, 422);
    assert_eq!(change(PASSWORD, "two red carts").await.status, 422);
    assert_eq!(other.get("/api/status").await.status, 200, "nothing was changed");
    let changed = change(PASSWORD, "two red cars").await;
    let place = "/account".parse().unwrap();
    assert_eq!((changed.status.as_u16(), &changed.headers["location"]), (303, &place));
    assert_eq!(other.get("/api/status").await.status, 401);
    assert_eq!(anna.get("/api/status").await.status, 401, "the old cookie is worth nothing");
    let anna = served.browser(&changed);
    let told = anna.get("/account").await.text();
    assert!(told.contains("Your password is changed."), "{told}");
    let again = anna.get("/account").await.text();
    assert!(!again.contains("Your password is changed."), "told once: {again}");
    assert_eq!(anna.post("/log-out", &[]).await.status, 303, "the new one is");
    assert_eq!(served.try_log_in("anna", "two red cars").await.status, 303);
}

#[tokio::test]
async fn what_inspectctl_changes_ends_sessions_too() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    let by = By { who: "inspectctl", address: "" };
    let now = jiff::Timestamp::now;
    let vera = served.person("vera", Role::Viewer).await;
    assert_eq!(vera.get("/api/status").await.status, 200);
    let hashed = Hashed::new("vera", "two red cars").unwrap();
    served.people().set_password(by, "vera", &hashed, now()).unwrap();
    assert_eq!(vera.get("/api/status").await.status, 401);
    let vera = served.person("wera", Role::Viewer).await;
    served.people().remove(by, "wera", now()).unwrap();
    assert_eq!(vera.get("/api/status").await.status, 401);
}

#[tokio::test]
async fn one_goes_on_where_one_wanted_to_go_and_never_elsewhere() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    let places = [
        ("/people", "/people"),
        ("/history?sku=CUP&outcome=diverted", "/history?sku=CUP&outcome=diverted"),
        ("//evil.example", "/"),
        ("https://evil", "/"),
        ("/\\evil.example", "/"),
    ];
    for (next, place) in places {
        let fields = [("name", "anna"), ("password", PASSWORD), ("next", next)];
        let answer = served.client.post("/log-in", &fields, &[]).await.unwrap();
        assert_eq!(answer.headers["location"], place, "{next}");
    }
    let asked = |answer: Answer| {
        let place = answer.headers["location"].to_str().unwrap().to_owned();
        let question = place.strip_prefix("/log-in?").unwrap().to_owned();
        form_urlencoded::parse(question.as_bytes()).into_owned().next().unwrap()
    };
    for place in ["/people", "/products/A%20B", "/history?sku=CUP&outcome=diverted"] {
        let answer = served.client.get(place).await.unwrap();
        assert_eq!(asked(answer), ("next".to_owned(), place.to_owned()));
    }
    // A form that was sent when the session had ended: its address shows nothing, its page does.
    for (form, place) in [("/holds/set", "/holds"), ("/products/A%20B/pin", "/products/A%20B")] {
        let answer = served.client.post(form, &[], &[]).await.unwrap();
        assert_eq!(asked(answer), ("next".to_owned(), place.to_owned()), "{form}");
    }
}
