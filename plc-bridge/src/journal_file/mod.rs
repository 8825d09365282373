//! The journal on a file system in memory, from which a bridge that was killed goes on.
//!
//! The file holds a **head** and a ring of **records**, each a line of JSON padded to a fixed
//! length, so that a person can read it and one `pwrite` replaces it. A record is an event with
//! its seq. The head says how far the bridge has come: with the PLC, with inspectd, and with the
//! records. It is written last, once a cycle, before inspectd is told anything: records beyond the
//! head's newest seq belong to a cycle that nobody has heard of, and are passed over.
//!
//! A second ring holds the **results** for the PLC, each written before it is sent. The head says
//! how many the PLC has taken; whether it took those beyond is seen when it is met again.
//!
//! A `pwrite` of a few hundred bytes to memory takes about a microsecond, allocates nothing, and is
//! not torn by SIGKILL. It would not survive a power cut, and need not: the head names the kernel's
//! boot, and after another boot of the box the PLC has fallen back for those items long since.

use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use rustix::fs::{FallocateFlags, fallocate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::handshake::{Resume, Sent};
use crate::journal::MOST_EVENTS;
use crate::registers::RING;
use crate::whole_line::{Kept, Line};
use line::config::BridgeConfig;
use line::protocol::{FallBackCause, FromBridge, ItemEvent, MOST_ITEMS};

/// Bytes of the head and of each record; the longest event takes 200 and the words that it keeps.
const SLOT: usize = 384;
/// Records in the ring: all events that the journal owes, and as many again for items on the belt.
const RECORDS: u64 = 2 * MOST_EVENTS as u64;
/// Results in their ring: two for each item of a full belt.
const RESULTS: u64 = 2 * MOST_ITEMS as u64;
/// Most results that may have been sent beyond those that the head knows to be taken: a ring that
/// was taken since, and one in flight.
const SENT_SINCE: u64 = 2 * RING as u64;
/// Version of this file's form.
const FORM: u32 = 2;
/// Where Linux tells which boot of the kernel this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Why the file cannot be used; the bridge runs without it then.
#[derive(Debug, Error)]
#[error(
    "{} cannot be used: {source}; items on the belt will be given up if plc-bridge is killed; check \
     the folder's owner and rights, or line.bridge_journal",
    path.display()
)]
pub struct JournalFileError {
    path: PathBuf,
    source: io::Error,
}

/// How far the bridge has come.
#[derive(Debug, Serialize, Deserialize)]
struct Head<'a> {
    form: u32,
    kernel: &'a str,
    boot: &'a str,
    bridge_boot: u16,
    next_item: u64,
    acknowledged: u64,
    lost: u64,
    newest: u64,
    /// Results that PLCs have taken.
    taken: u64,
    /// Tells line files apart, by what they say of belt and PLC.
    line: u64,
    plc: Option<Resume>,
}

/// One event.
#[derive(Debug, Serialize, Deserialize)]
struct Record<E> {
    seq: u64,
    event: E,
}

/// The file of one run of the bridge.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    file: File,
    kernel: String,
    line: u64,
    slot: [u8; SLOT],
    /// The newest event that stands in the file.
    newest: u64,
}

impl JournalFile {
    /// Opens the file, and tells what an earlier process has left in it; `None` when there is
    /// nothing that can be gone on with.
    ///
    /// # Errors
    /// Says what stands in the way and what to do.
    pub fn open(config: &BridgeConfig) -> Result<(Self, Option<Kept>), JournalFileError> {
        let path = config.line.bridge_journal.as_path();
        let failed = |source| JournalFileError { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o640);
        let mut file = options.open(path).map_err(failed)?;
        let kernel = std::fs::read_to_string(BOOT_ID).map_err(failed)?.trim().to_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let line = mark(config);
        let kept = kept(&bytes, &kernel, line);
        if kept.is_none() {
            file.set_len(0).map_err(failed)?;
        }
        // Memory that is short is to show now, and not in the middle of a shift.
        fallocate(&file, FallocateFlags::empty(), 0, (1 + RECORDS + RESULTS) * SLOT as u64)
            .map_err(|error| failed(error.into()))?;
        let newest = kept.as_ref().and_then(|kept| kept.events.last()).map_or(0, |(seq, _)| *seq);
        Ok((Self { path: path.to_owned(), file, kernel, line, slot: [b' '; SLOT], newest }, kept))
    }

    /// Writes what has happened since the last call: the new events, then the head.
    ///
    /// # Errors
    /// When the file system is full or gone; the bridge goes on without the file, which is removed:
    /// what stands in it would be stale when a later process finds it.
    pub fn keep(&mut self, line: &Line) -> Result<(), JournalFileError> {
        self.write(line).map_err(|source| self.given_up(source))
    }

    /// Writes the results that stand in the line's newest command block for the first time; to be
    /// called before that is sent.
    ///
    /// # Errors
    /// As for [`JournalFile::keep`].
    pub fn keep_results(&mut self, line: &Line) -> Result<(), JournalFileError> {
        self.write_results(line).map_err(|source| self.given_up(source))
    }

    fn given_up(&self, source: io::Error) -> JournalFileError {
        // It may be what is gone.
        let _ = std::fs::remove_file(&self.path);
        JournalFileError { path: self.path.clone(), source }
    }

    fn write_results(&mut self, line: &Line) -> io::Result<()> {
        for sent in line.newly_sent() {
            fill(&mut self.slot, sent)?;
            let place = (1 + RECORDS + sent.nth % RESULTS) * SLOT as u64;
            self.file.write_all_at(&self.slot, place)?;
        }
        Ok(())
    }

    fn write(&mut self, line: &Line) -> io::Result<()> {
        let journal = line.journal();
        // What inspectd has stored before it was ever written here is nobody's concern any more.
        while let Some(FromBridge::Event { seq, event, .. }) = journal.next_after(self.newest) {
            let event = short(event);
            fill(&mut self.slot, &Record { seq, event: &event })?;
            let place = (1 + seq % RECORDS) * SLOT as u64;
            self.file.write_all_at(&self.slot, place)?;
            self.newest = seq;
        }
        let head = Head {
            form: FORM,
            kernel: &self.kernel,
            boot: line.boot(),
            bridge_boot: line.bridge_boot(),
            next_item: line.next_item(),
            acknowledged: journal.last() - journal.owed() as u64,
            lost: journal.lost(),
            line: self.line,
            newest: self.newest,
            taken: line.results_taken(),
            plc: line.plc_progress(),
        };
        fill(&mut self.slot, &head)?;
        self.file.write_all_at(&self.slot, 0)
    }
}

/// A number for what a line file says of belt and PLC.
fn mark(config: &BridgeConfig) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Both are plain data, whose JSON is never refused.
    serde_json::to_string(&(&config.conveyor, &config.plc)).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

/// A line of JSON, padded with blanks to the slot's length.
fn fill(slot: &mut [u8; SLOT], value: &impl Serialize) -> io::Result<()> {
    let mut cursor = Cursor::new(&mut slot[..SLOT - 1]);
    serde_json::to_writer(&mut cursor, value)?;
    let end = cursor.position() as usize;
    slot[end..SLOT - 1].fill(b' ');
    slot[SLOT - 1] = b'\n';
    Ok(())
}

/// An event that fits its slot: inspectd's own words may be as long as it likes.
fn short(event: ItemEvent) -> ItemEvent {
    const MOST_CHARS: usize = 40;
    match event {
        ItemEvent::Decided { item, at, mut decision } => {
            if let Some(FallBackCause::Uninspected { why }) = &mut decision.fall_back {
                let is_plain = |c: &char| !c.is_control() && !matches!(c, '"' | '\\');
                let words: String = why.chars().filter(is_plain).take(MOST_CHARS).collect();
                *why = words.into();
            }
            ItemEvent::Decided { item, at, decision }
        }
        other => other,
    }
}

/// What can be gone on with: the head of this boot of the kernel, and the records that it covers.
fn kept(bytes: &[u8], kernel: &str, line: u64) -> Option<Kept> {
    let mut slots = bytes.chunks_exact(SLOT);
    let head: Head<'_> = serde_json::from_slice(slots.next()?).ok()?;
    if head.form != FORM || head.kernel != kernel {
        return None;
    }
    let covered = head.newest.saturating_sub(RECORDS)..=head.newest;
    let mut events: Vec<(u64, ItemEvent)> = slots
        .by_ref()
        .take(RECORDS as usize)
        .filter_map(|slot| serde_json::from_slice::<Record<ItemEvent>>(slot).ok())
        .map(|record| (record.seq, record.event))
        .filter(|(seq, _)| covered.contains(seq))
        .collect();
    events.sort_by_key(|(seq, _)| *seq);
    let sent = (head.taken + SENT_SINCE).saturating_sub(RESULTS)..=head.taken + SENT_SINCE;
    let mut results: Vec<Sent> = slots
        .filter_map(|slot| serde_json::from_slice(slot).ok())
        .filter(|result: &Sent| sent.contains(&result.nth))
        .collect();
    results.sort_by_key(|result| result.nth);
    Some(Kept {
        boot: head.boot.to_owned(),
        bridge_boot: head.bridge_boot,
        next_item: head.next_item,
        acknowledged: head.acknowledged,
        lost: head.lost,
        is_other_line: head.line != line,
        plc: head.plc,
        taken: head.taken,
        results,
        events,
    })
}

#[cfg(test)]
mod tests;
