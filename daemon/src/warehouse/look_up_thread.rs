//! The thread that asks the warehouse's system what a code means, by HTTP.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use meaning::expectation::Expectation;
use tokio::sync::mpsc;

use super::expected_sources::{ask, encoded};

/// Questions that wait at most: one more is answered as if the warehouse were away.
const QUESTIONS_MAX: usize = 64;

/// Where the code stands in the address.
pub const CODE: &str = "{code}";

/// What the warehouse says of a code.
#[derive(Debug)]
pub struct LookedUp {
    /// The code.
    pub code: String,
    /// The item, nothing where it does not know the code, or why it did not answer.
    pub answer: Result<Option<Expectation>, String>,
}

/// The handle to the thread; it ends after the question in hand once the handle is dropped.
#[derive(Debug)]
pub struct LookUpThread(SyncSender<String>);

impl LookUpThread {
    /// Starts a thread that asks `url`, in which the code takes the place of `{code}`; answers go to `answers`.
    ///
    /// # Errors
    /// The system's, when it starts no thread.
    pub fn start(url: String, answers: mpsc::Sender<LookedUp>) -> io::Result<Self> {
        let (questions, asked) = sync_channel::<String>(QUESTIONS_MAX);
        thread::Builder::new().name("look-up".to_owned()).spawn(move || {
            for code in asked {
                let answer = ask(&url.replace(CODE, &encoded(&code)));
                if answers.blocking_send(LookedUp { code, answer }).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self(questions))
    }

    /// Asks for a code. Never waits; says whether it is being asked.
    pub fn ask(&self, code: &str) -> bool {
        self.0.try_send(code.to_owned()).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_code_is_asked_for_by_http_with_its_characters_escaped() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/items?code={CODE}", server.local_addr().unwrap());
        let served = thread::spawn(move || {
            let (mut peer, _) = server.accept().unwrap();
            let mut asked = [0; 512];
            let read = peer.read(&mut asked).unwrap();
            let body = r#"{"sku":"tea"}"#;
            write!(peer, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                .unwrap();
            String::from_utf8_lossy(&asked[..read]).into_owned()
        });
        let (answers, mut answered) = mpsc::channel(4);
        let thread = LookUpThread::start(url, answers).unwrap();
        assert!(thread.ask("KX 1/2"));
        let LookedUp { code, answer } = answered.blocking_recv().unwrap();
        assert_eq!((code.as_str(), answer.unwrap().unwrap().sku.as_str()), ("KX 1/2", "tea"));
        assert!(served.join().unwrap().starts_with("GET /items?code=KX%201%2F2 "));
    }

    #[test]
    fn a_warehouse_that_is_away_is_an_answer_too_and_too_many_questions_are_refused() {
        let (answers, mut answered) = mpsc::channel(1);
        let thread = LookUpThread::start(format!("http://127.0.0.1:1/{CODE}"), answers).unwrap();
        assert!((0..200).map(|code: u32| thread.ask(&code.to_string())).any(|taken| !taken));
        assert!(answered.blocking_recv().unwrap().answer.unwrap_err().contains("look_up"));
    }
}
