//! The page's JSON API, asked everything that its OpenAPI description allows and much that it does not, by schemathesis:
//! no question makes it fail, and every answer is what the description says.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use calib::state_folder::StateFolder;
use calib::the_box::PageStatus;
use calib::{PageThread, WebSection};
use damage::scoring::Budget;
use inspectd::records::{Answer, Change, Store, Truth};
use inspectd::run::commands::Commands;
use inspectd::web::settings::SettingsOfBox;
use jiff::Timestamp;
use tokio::sync::watch;

mod page_box;

/// Questions a second; the page refuses more of one asker for long.
const RATE: &str = "40/s";

/// Questions that are made up for each address.
const QUESTIONS: &str = "30";

#[test]
fn no_question_makes_the_api_fail_and_every_answer_is_what_its_description_says() {
    let python = option_env!("INSPECTD_TEST_PYTHON").filter(|python| Path::new(python).exists());
    let python = python.expect("no Python for tests: run scripts/bootstrap, which installs it");
    let folder = tempfile::tempdir().expect("a folder");
    let records: Vec<_> =
        (1..=3).map(|item| page_box::diverted(item, Timestamp::now(), "day")).collect();
    let answer = Answer {
        truth: Truth::Good,
        kind: None,
        is_major: None,
        words: String::new(),
        by: "theo".to_owned(),
        at: Timestamp::now(),
    };
    let answered = Change::Answer(records[0].id.clone(), answer);
    let mut changes: Vec<Change> = records.into_iter().map(Change::Close).collect();
    changes.push(answered);
    Store::open(folder.path()).expect("it opens").commit(&changes).expect("it takes records");

    let (feed, status) = watch::channel(Arc::new(PageStatus::default()));
    let (commands, asked) = Commands::new();
    let the_loop = page_box::Loop::start(feed, asked);
    let budget = Budget::new(0.005);
    let (the_box, _store) = page_box::the_box(status, folder.path(), commands, budget);
    let line_file = folder.path().join("line.toml");
    let text = include_str!("../src/ctl/example-line.toml");
    std::fs::write(&line_file, text).expect("the folder takes files");
    let settings = SettingsOfBox::new(&line_file, text, folder.path(), None);
    let token = StateFolder::below(folder.path()).token().expect("the folder takes files");
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let web = WebSection { listen, plain_http: true, ..WebSection::default() };
    let the_box = Arc::new(the_box.with_settings(settings));
    let page = PageThread::start(web, folder.path(), the_box).expect("it starts");
    let address = page.address().expect("a free port");

    let mut asking = Command::new(python);
    asking.args(["-m", "schemathesis.cli", "run"]);
    asking.arg(format!("http://{address}/api/openapi.json"));
    asking.arg("--header").arg(format!("Authorization: Bearer {}", token.reveal()));
    asking.args(["--rate-limit", RATE, "--max-examples", QUESTIONS, "--seed", "25"]);
    asking.args(["--generation-database", "none", "--phases", "examples,coverage,fuzzing"]);
    // A stream does not end.
    asking.args(["--exclude-path", "/api/live", "--exclude-path-regex", "live.mjpeg"]);
    asking.args([
        "--checks",
        "not_a_server_error,status_code_conformance,response_schema_conformance,\
         content_type_conformance",
    ]);
    let output = asking.current_dir(folder.path()).output().expect("Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{wrong}");
    println!("{said}");
    drop(page);
    drop(the_loop);
}
