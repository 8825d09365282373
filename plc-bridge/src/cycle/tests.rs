use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::*;
use crate::registers::DecodeError;

/// A wire that plays a script: for each connection, how many exchanges it lives. After the script
/// it lives for ever. It notes what was called.
#[derive(Clone)]
struct ScriptedWire {
    lives: VecDeque<usize>,
    left: usize,
    log: Rc<RefCell<Vec<&'static str>>>,
}

impl ScriptedWire {
    fn new(lives: &[usize]) -> Self {
        Self { lives: lives.iter().copied().collect(), left: 0, log: Rc::default() }
    }

    fn note(&self, what: &'static str) {
        self.log.borrow_mut().push(what);
    }
}

fn broken() -> PlcError {
    let source = DecodeError::Length { block: "status", expected: 42, got: 0 };
    PlcError::Unreadable { address: "plc:502".into(), source }
}

impl PlcWire for ScriptedWire {
    async fn connect(&mut self) -> Result<(), PlcError> {
        self.note("connect");
        self.left = self.lives.pop_front().unwrap_or(usize::MAX);
        if self.left == 0 { Err(broken()) } else { Ok(()) }
    }

    async fn read_status(&mut self) -> Result<Status, PlcError> {
        self.note("read");
        Ok(Status::default())
    }

    async fn write_command(&mut self, _: &Command) -> Result<(), PlcError> {
        self.note("write");
        self.left -= 1;
        if self.left == 0 { Err(broken()) } else { Ok(()) }
    }

    fn disconnect(&mut self) {
        self.note("disconnect");
    }
}

/// Exchanges until so many events came, and answers each status with a command.
async fn play(wire: ScriptedWire, events: usize) -> Vec<PlcEvent> {
    let timing = Timing { cycle: Duration::from_millis(2), retry_max: Duration::from_millis(2) };
    let (to_loop, mut said) = mpsc::channel(1);
    let (commands, to_write) = mpsc::channel(1);
    let answer = async {
        let mut seen = Vec::new();
        while seen.len() < events {
            let event = said.recv().await.expect("it runs until the loop is gone");
            if matches!(event, PlcEvent::Status { .. }) {
                commands.send(Command::default()).await.expect("one command a status");
            }
            seen.push(event);
        }
        seen
    };
    tokio::select! {
        () = run(wire, timing, to_loop, to_write) => panic!("it runs until the loop is gone"),
        seen = answer => seen,
    }
}

#[tokio::test]
async fn each_cycle_is_one_read_and_one_write_and_any_error_makes_a_new_connection() {
    let wire = ScriptedWire::new(&[0, 2]);
    let events = play(wire.clone(), 5).await;
    let expected = [
        "connect",
        "disconnect",
        "connect",
        "read",
        "write",
        "read",
        "write",
        "disconnect",
        "connect",
        "read",
    ];
    assert_eq!(wire.log.borrow()[..10], expected);
    let lost = |event: &PlcEvent| match event {
        PlcEvent::Lost { cause } => {
            assert!(cause.contains("plc:502"), "{cause}");
            true
        }
        PlcEvent::Status { .. } => false,
    };
    assert_eq!(events.iter().map(lost).collect::<Vec<_>>(), [true, false, false, true, false]);
}

#[test]
fn the_pause_before_a_new_connection_doubles_up_to_its_most_and_starts_again() {
    let ms = Duration::from_millis;
    let mut pause = Pause::new(ms(500));
    let pauses = [pause.next(), pause.next(), pause.next(), pause.next(), pause.next()];
    assert_eq!(pauses, [ms(100), ms(200), ms(400), ms(500), ms(500)]);
    pause.reset();
    assert_eq!(pause.next(), ms(100));
}

#[test]
fn cycles_that_were_skipped_are_counted() {
    let ms = Duration::from_millis;
    assert_eq!([10, 20, 30, 25].map(|apart| skipped(ms(apart), ms(10))), [0, 1, 2, 1]);
}
