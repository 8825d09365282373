//! The sources of expectations on the box's side: a file that is read again when it changes, and a look-up
//! by HTTP. A thread of its own asks them, since both may take long.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use meaning::expectation::Expectation;
use tokio::sync::mpsc;

use crate::config::ExpectedSection;
use crate::item::orders::{Content, Order};
use crate::warehouse::expectations::{Catalogue, ExpectedList, Source};
use crate::warehouse::look_up_thread::CODE;

/// How often the file is looked at.
const FILE_PERIOD: Duration = Duration::from_secs(2);
/// How long a look-up may take.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(10);
/// After a failed look-up, the next one comes after this.
const LOOK_UP_RETRY: Duration = Duration::from_secs(30);
/// A file that is longer is not read, in bytes: 100,000 items that are known in full take about 16 MB.
const FILE_MAX: u64 = 64 * 1024 * 1024;
/// An answer that is longer is no expectation, in bytes.
const ANSWER_MAX: u64 = 64 * 1024;

/// Starts the thread; it tells what it finds out about `sku` until the receiver is gone. Nothing is started
/// where the section names no source.
///
/// # Errors
/// The system's, when it starts no thread.
pub fn start(
    section: ExpectedSection,
    sku: Option<String>,
    orders: mpsc::Sender<Order>,
) -> io::Result<()> {
    if section.file.is_none() && section.look_up.is_none() {
        return Ok(());
    }
    thread::Builder::new().name("expected".to_owned()).spawn(move || {
        let mut file = section.file.map(|path| File { path, seen: None });
        let mut look_up =
            section.look_up.filter(|url| !url.contains(CODE)).zip(sku).map(|(url, sku)| LookUp {
                url: url.replace("{sku}", &encoded(&sku)),
                period: Duration::from_secs(60 * u64::from(section.look_up_minutes)),
                due: Instant::now(),
            });
        while !orders.is_closed() {
            let from_file = file.as_mut().and_then(File::changed);
            let looked_up = look_up.as_mut().and_then(LookUp::asked);
            for order in from_file.into_iter().chain(looked_up) {
                if orders.blocking_send(order).is_err() {
                    return;
                }
            }
            thread::sleep(FILE_PERIOD);
        }
    })?;
    Ok(())
}

/// The file, and what was seen of it: size and time of its last change, or that it cannot be read.
struct File {
    path: PathBuf,
    seen: Option<Option<(u64, SystemTime)>>,
}

impl File {
    /// What the file says, if that is new.
    fn changed(&mut self) -> Option<Order> {
        let file = fs::metadata(&self.path).and_then(|file| Ok((file.len(), file.modified()?)));
        let now = file.ok();
        if self.seen.replace(now) == Some(now) {
            return None;
        }
        let from = self.path.display().to_string();
        Some(Order { from, content: read_file(&self.path, FILE_MAX) })
    }
}

/// What a file of at most `most` bytes says.
fn read_file(path: &Path, most: u64) -> Result<Content, String> {
    let text = bytes_of(path, most)
        .map_err(|error| format!("{error}; put the file there, or correct [expected] file"))?;
    if text.len() as u64 > most {
        return Err(format!(
            "the file has more than {most} bytes, and is not read; leave items or texts out that \
             this line does not need"
        ));
    }
    Ok(Content::Expected(Source::File, Arc::new(ExpectedList::read(&text)?)))
}

/// The bytes of a file, at most one more than `most`.
fn bytes_of(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("that is no file"));
    }
    let mut text = Vec::new();
    fs::File::open(path)?.take(most + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// A look-up, and when the next one is due.
struct LookUp {
    url: String,
    period: Duration,
    due: Instant,
}

impl LookUp {
    /// The answer, if it was time to ask.
    fn asked(&mut self) -> Option<Order> {
        if Instant::now() < self.due {
            return None;
        }
        let content = looked_up(&self.url);
        let pause = if content.is_ok() { self.period } else { LOOK_UP_RETRY };
        self.due = Instant::now() + pause;
        Some(Order { from: self.url.clone(), content })
    }
}

/// What the warehouse's system says; an item that it does not know (404) has no expectation.
pub(super) fn ask(url: &str) -> Result<Option<Expectation>, String> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(LOOK_UP_LIMIT))
        .http_status_as_error(false)
        .build();
    let failed = |error: ureq::Error| format!("{error}; check the network and [expected] look_up");
    let mut answer = ureq::Agent::new_with_config(config).get(url).call().map_err(failed)?;
    match answer.status().as_u16() {
        404 => Ok(None),
        200 => {
            let text = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_string();
            let text = text.map_err(failed)?;
            Expectation::from_json(&text).map(Some).map_err(|error| error.to_string())
        }
        status => Err(format!("it answers with HTTP status {status}; see its log")),
    }
}

/// The catalogue of the one item that was looked up.
fn looked_up(url: &str) -> Result<Content, String> {
    let catalogue = Catalogue::new(ask(url)?);
    Ok(Content::Expected(Source::LookUp, Arc::new(catalogue)))
}

/// A SKU or a code as a part of a URL (RFC 3986, section 2.1).
pub(super) fn encoded(sku: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    sku.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    fn items(content: Result<Content, String>) -> Vec<Expectation> {
        match content {
            Ok(Content::Expected(_, items)) => items.iter().cloned().collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_is_read_when_it_comes_and_when_it_changes_and_not_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("expected.json");
        let mut file = File { path: path.clone(), seen: None };
        let why = file.changed().unwrap().content.unwrap_err();
        assert!(why.contains("[expected] file"), "{why}");
        assert_eq!(file.changed(), None, "a missing file is told of once");
        let list = r#"{ "schema": "expected/1", "items": [ { "sku": "tea", "size": "M" } ] }"#;
        fs::write(&path, list).unwrap();
        assert_eq!(items(file.changed().unwrap().content)[0].size.as_deref(), Some("M"));
        assert_eq!(file.changed(), None);
        fs::write(&path, list.replace('M', "XL")).unwrap();
        assert_eq!(items(file.changed().unwrap().content)[0].size.as_deref(), Some("XL"));
    }

    #[test]
    fn a_file_that_is_too_long_or_no_file_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("expected.json");
        let list = r#"{ "schema": "expected/1", "items": [] }"#;
        fs::write(&path, list).unwrap();
        let length = list.len() as u64;
        assert!(read_file(&path, length).is_ok());
        let why = read_file(&path, length - 1).unwrap_err();
        assert!(
            why.contains(&format!("more than {} bytes", length - 1)) && why.contains("leave items"),
            "{why}"
        );
        let why = read_file(folder.path(), length).unwrap_err();
        assert!(why.contains("no file") && why.contains("[expected] file"), "{why}");
    }

    /// A server that answers once with `answer`, and the first line that it was asked.
    fn server(answer: &'static str) -> (String, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/items/", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..read]).lines().next().unwrap_or_default().to_owned()
        });
        (url, asked)
    }

    #[test]
    fn an_item_is_looked_up_by_http() {
        let (url, asked) = server(
            "HTTP/1.1 200 OK\r\nContent-Length: 33\r\nConnection: close\r\n\r\n\
             {\"sku\":\"green tea\",\"size\":\"50 g\"}",
        );
        let found = items(looked_up(&format!("{url}{}", encoded("green tea"))));
        assert_eq!(found[0].size.as_deref(), Some("50 g"));
        assert_eq!(asked.join().unwrap(), "GET /items/green%20tea HTTP/1.1");
    }

    #[test]
    fn an_unknown_item_has_no_expectation_and_a_broken_answer_says_why() {
        let answer = |status| match status {
            404 => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            500 => "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        };
        assert_eq!(items(looked_up(&server(answer(404)).0)), []);
        assert!(looked_up(&server(answer(500)).0).unwrap_err().contains("500"));
        assert!(looked_up(&server(answer(200)).0).unwrap_err().contains("sku"));
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(
            looked_up(&format!("http://{nobody}/")).unwrap_err().contains("[expected] look_up")
        );
    }
}
