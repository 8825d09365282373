//! What browsers send, well meant or not; and the headers, languages and looks of the answers.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

/// A page without encryption, so that a test can write every byte itself.
fn plain() -> WebSection {
    WebSection { plain_http: true, ..here() }
}

/// Sends bytes as they are; returns what comes back.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // The page may end the connection before it has read all.
    _ = socket.write_all(bytes).await;
    let mut answer = Vec::new();
    _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn no_path_leads_out_of_the_evidence_or_the_assets() {
    let served = served_with(plain(), |limits| limits).await;
    let token = served.token();
    for path in [
        "/evidence/../page/token",
        "/evidence/%2e%2e/page/token",
        "/evidence/..%2fpage%2ftoken",
        "/assets/../page.db",
        "/assets/%2e%2e%2fpage.db",
        "/assets/page.db",
        "/texts/..%2f..%2fen.json",
        "/texts/en.toml",
        "//evidence/../page/key.pem",
    ] {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: box\r\nconnection: close\r\n\
             authorization: Bearer {}\r\n\r\n",
            token.reveal()
        );
        let answer = raw(served.address, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        assert!(!answer.contains(token.reveal()), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_too_slow_or_no_form_is_refused() {
    let served =
        served_with(here(), |limits| Limits { head: Duration::from_secs(1), ..limits }).await;
    served.add("anna", Role::Engineer);
    let large = "x".repeat(17 << 10);
    let fields = [("name", "anna"), ("password", large.as_str())];
    let answer = served.client.post("/log-in", &fields, &[]).await.unwrap();
    assert_eq!(answer.status, 413, "{}", answer.text());
    let json = Request::post("/log-in").header("content-type", "application/json");
    let json = json.body(Full::from("{\"name\":\"anna\"}")).unwrap();
    assert_eq!(served.client.send(json).await.unwrap().status, 415);

    let served =
        served_with(plain(), |limits| Limits { head: Duration::from_millis(300), ..limits }).await;
    served.add("anna", Role::Engineer);
    let head = b"POST /log-in HTTP/1.1\r\nhost: box\r\ncontent-length: 100\r\n\r\nname=anna";
    let answer = raw(served.address, head).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let endless = b"POST /people/add HTTP/1.1\r\nhost: box\r\ncontent-length: 9999999999\r\n\r\n";
    let answer = raw(served.address, endless).await;
    assert!(answer.starts_with("HTTP/1.1 303"), "a stranger's is not even read: {answer}");
    let head = format!("GET / HTTP/1.1\r\nhost: box\r\nx-pad: {}\r\n\r\n", "x".repeat(20 << 10));
    let answer = raw(served.address, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn mistakes_are_answered_in_plain_words_with_the_next_step() {
    let served = served().await;
    let machine = served.machine();
    let answer = machine.get("/api/items?limit=many").await.unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("write limit and before as numbers"), "{}", answer.text());
    let answer = machine.get("/api/today").await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("look for them"), "{}", answer.text());
    let answer = machine.get("/nothing").await.unwrap();
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("the page is at /"), "{}", answer.text());
    let items = machine.get("/api/items?limit=99999999").await.unwrap();
    assert_eq!(items.status, 200, "{}", items.text());
}

#[tokio::test]
async fn every_answer_tells_browsers_to_load_nothing_foreign_and_to_keep_nothing() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    for path in ["/", "/log-in", "/people", "/audit", "/api/status", "/healthz", "/nothing"] {
        let answer = anna.get(path).await;
        let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        let text = answer.text();
        for inline in ["<style", "style=\"", "onclick=", "javascript:", "http://", "https://"] {
            assert!(!text.contains(inline), "{path} has {inline}: {text}");
        }
    }
    let settings = ["settings_bar.js", "settings_field.js", "settings_form.js"];
    let more = ["settings_pending.js", "settings_places.js", "settings_review.js"];
    let settings = settings.into_iter().chain(more);
    let others = ["page.css", "dom.js", "devices.js", "items.js", "overview.js"].into_iter();
    for path in others.chain(settings) {
        let answer = anna.get(&format!("/assets/{path}")).await;
        assert_eq!(answer.status, 200, "{path}");
        let foreign = answer.text().replace("http://www.w3.org/2000/svg", "").contains("http:");
        assert!(!foreign, "{path} names an outside address");
    }
}

#[tokio::test]
async fn a_page_speaks_the_language_and_wears_the_look_that_one_has_chosen() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        served.client.send(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap()
    };
    let german = ask("/log-in", &[("accept-language", "de")]).await.text();
    assert!(german.contains("lang=\"de\"") && german.contains("Anmelden"), "{german}");
    let chosen = ask("/log-in?language=de", &[]).await;
    assert_eq!(
        (chosen.status.as_u16(), &chosen.headers["location"]),
        (303, &"/log-in".parse().unwrap())
    );
    let cookie = chosen.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("language=de; ") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookies = [("cookie", "language=de; look=night"), ("accept-language", "en")];
    let both = ask("/log-in", &cookies).await.text();
    assert!(both.contains("lang=\"de\" data-look=\"night\""), "{both}");
    let nonsense = ask("/log-in?look=%22onload", &[("cookie", "language=xx; look=\"evil")]).await;
    assert!(nonsense.text().contains("lang=\"en\" data-look=\"\""), "{}", nonsense.text());
}

#[tokio::test]
async fn what_people_write_is_shown_as_text_and_never_as_markup() {
    let served = served().await;
    served.add("anna", Role::Engineer);
    let answer = served.try_log_in("<script>alert(1)</script>", "any password").await;
    assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
    assert!(answer.text().contains("&#60;script&#62;"), "{}", answer.text());
}

#[tokio::test]
async fn one_that_asks_too_often_is_told_to_come_later_and_others_are_answered() {
    let served = served_with(plain(), |limits| limits).await;
    let mut told = None;
    for count in 0..5000 {
        let answer = served.client.get("/log-in").await.unwrap();
        if answer.status == 429 {
            told = Some((count, answer));
            break;
        }
    }
    let (count, answer) = told.expect("nobody may ask for ever");
    assert!(count >= 100, "a page and what it is made of is a few requests, not {count}");
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(served.machine().get("/api/status").await.unwrap().status, 200);
}
