//! The way from the page to the loop: a command goes there, and what became of it comes back.

use std::sync::mpsc as blocking;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::item::commands::{Command, Done};

/// Commands that wait at most; the loop looks every few milliseconds.
const WAITING: usize = 16;

/// How long somebody waits: the loop answers within milliseconds, or something is badly wrong.
const PATIENCE: Duration = Duration::from_secs(5);

/// Said where nothing answers.
const SILENT: &str = "inspectd's loop does not answer, and nothing was changed. Look at the overview, and read \
                      inspectd's log";

/// A command, and where its answer goes.
#[derive(Debug)]
pub struct Asked {
    /// What is wanted.
    pub command: Command,
    /// Until when somebody waits for it: later it is not followed any more.
    pub until: Instant,
    /// Where the answer goes: what was done, or why not and what to do.
    pub answer: blocking::SyncSender<Result<Done, String>>,
    /// Told once what was done is on the disk; dropped where that will not be, or where nothing is to be stored.
    pub stored: blocking::SyncSender<()>,
}

/// Why a command was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotDone {
    /// It was refused, for this reason.
    Refused(String),
    /// Nobody answered.
    Silent(&'static str),
}

/// The sending end.
#[derive(Debug, Clone)]
pub struct Commands {
    sender: mpsc::Sender<Asked>,
}

impl Commands {
    /// A way to the loop, and its other end.
    pub fn new() -> (Self, mpsc::Receiver<Asked>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, receiver)
    }

    /// Asks, and waits for the answer: for threads that may wait.
    ///
    /// # Errors
    /// [`NotDone`].
    pub fn ask(&self, command: Command) -> Result<Done, NotDone> {
        self.send(command).map(|(done, _)| done)
    }

    /// Has something changed, and waits until it is stored; says whether the disk took it in time. It is in force in
    /// any case.
    ///
    /// # Errors
    /// [`NotDone`].
    pub fn change(&self, command: Command) -> Result<(Done, bool), NotDone> {
        let (done, stored) = self.send(command)?;
        Ok((done, stored.recv_timeout(PATIENCE).is_ok()))
    }

    fn send(&self, command: Command) -> Result<(Done, blocking::Receiver<()>), NotDone> {
        let (answer, answered) = blocking::sync_channel(1);
        let (stored, is_stored) = blocking::sync_channel(1);
        let until = Instant::now() + PATIENCE;
        let asked = Asked { command, until, answer, stored };
        self.sender.try_send(asked).map_err(|_| NotDone::Silent(SILENT))?;
        // A little longer than the loop may take it up.
        match answered.recv_timeout(PATIENCE + PATIENCE / 5) {
            Ok(answer) => answer.map(|done| (done, is_stored)).map_err(NotDone::Refused),
            Err(_) => Err(NotDone::Silent(SILENT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_hears_what_was_done_why_it_was_refused_or_that_nobody_is_there() {
        let (commands, mut asked) = Commands::new();
        let thread = std::thread::spawn(move || {
            let done = Done::Told { holds: Vec::new(), suspects: Vec::new() };
            let answers = [
                (Err("no such hold; look again".to_owned()), false),
                (Ok(done.clone()), true),
                (Ok(done), false),
            ];
            for (given, is_stored) in answers {
                let Asked { command, answer, stored, .. } = asked.blocking_recv().expect("asked");
                assert_eq!(command, Command::LiftHold("a".to_owned()));
                answer.send(given).expect("who asked waits");
                if is_stored {
                    stored.send(()).expect("who asked waits");
                }
            }
        });
        let lift = || commands.change(Command::LiftHold("a".to_owned()));
        assert_eq!(lift(), Err(NotDone::Refused("no such hold; look again".to_owned())));
        assert!(matches!(lift(), Ok((_, true))));
        assert!(matches!(lift(), Ok((_, false))), "the disk refuses it");
        thread.join().expect("it answers");
        assert_eq!(lift(), Err(NotDone::Silent(SILENT)), "the loop has ended");
    }

    #[test]
    fn a_loop_that_takes_nothing_keeps_nobody_waiting_for_ever() {
        let (commands, _not_heard) = Commands::new();
        for _ in 0..WAITING {
            let (answer, _) = blocking::sync_channel(1);
            let (stored, _) = blocking::sync_channel(1);
            let (command, until) = (Command::TellHolds, Instant::now());
            let asked = Asked { command, until, answer, stored };
            commands.sender.try_send(asked).expect("there is room");
        }
        assert_eq!(commands.ask(Command::TellHolds), Err(NotDone::Silent(SILENT)));
    }
}
