//! The page over real HTTP; items and pictures are tested in `daemon/tests/page.rs`.

use super::*;

fn ask(address: SocketAddr, path: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.get(format!("http://{address}{path}")).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Serves `status` over an empty folder while `questions` runs.
async fn while_serving(status: BoxStatus, questions: impl FnOnce(SocketAddr) + Send + 'static) {
    let folder = tempfile::tempdir().unwrap();
    let page = Page::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = page.address();
    let (_feed, status) = watch::channel(Arc::new(status));
    tokio::select! {
        served = page.serve(status, folder.path().to_owned()) => panic!("stopped: {served:?}"),
        asked = spawn_blocking(move || questions(address)) => asked.unwrap(),
    }
}

#[tokio::test]
async fn the_page_and_its_parts_are_served_and_fetch_nothing_from_elsewhere() {
    while_serving(BoxStatus::default(), |address| {
        for path in ["/", "/page.css", "/page.js", "/icon.svg"] {
            let (status, text) = ask(address, path);
            assert_eq!(status, 200, "{path}");
            let foreign = text.replace("http://www.w3.org/2000/svg", "").contains("http");
            assert!(!foreign, "{path} names an outside address");
        }
    })
    .await;
}

#[tokio::test]
async fn the_status_is_what_inspectd_fed_last() {
    let status = BoxStatus { line: "outbound".to_owned(), ready: true, ..BoxStatus::default() };
    let expected = status.clone();
    while_serving(status, move |address| {
        let (code, text) = ask(address, "/api/status");
        assert_eq!(code, 200);
        assert_eq!(serde_json::from_str::<BoxStatus>(&text).unwrap(), expected);
    })
    .await;
}

#[tokio::test]
async fn mistakes_are_answered_in_plain_words_with_the_next_step() {
    while_serving(BoxStatus::default(), |address| {
        let (code, text) = ask(address, "/api/items?limit=many");
        assert_eq!(code, 400);
        assert!(text.contains("/api/items?limit=N"), "{text}");
        let (code, text) = ask(address, "/api/items");
        assert_eq!(code, 503, "there is no database: {text}");
        assert!(text.contains("records.db"), "{text}");
        let (code, text) = ask(address, "/nothing");
        assert_eq!(code, 404);
        assert!(text.contains("the page is at /"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn a_port_in_use_names_the_key_to_change() {
    let first = Page::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let refused = Page::bind(first.address()).await.unwrap_err();
    let text = refused.to_string();
    assert!(matches!(refused, WebError::PortInUse { .. }), "{text}");
    assert!(text.contains("[web]") && text.contains(&first.address().to_string()), "{text}");
}

#[tokio::test]
async fn an_address_of_another_machine_names_the_key_to_change() {
    // 192.0.2.0/24 is reserved for documentation: no machine has it.
    let refused = Page::bind(SocketAddr::from(([192, 0, 2, 1], 8080))).await.unwrap_err();
    assert!(refused.to_string().contains("`listen` in section [web]"), "{refused}");
}
