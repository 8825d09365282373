//! The register map as a page for people who write PLC programs: `REGISTERS.md`, which is this
//! table printed. A test keeps the two the same, and keeps the table without gaps. `plc-bridge
//! probe` names what it shows from the same table.

use std::fmt::Write;

use super::codes::CODE_WORDS;
use super::command::RESULT_WORDS;
use super::status::EVENT_WORDS;
use super::{
    CODE_LEN, CODE_RING, CODE_TEXT_WORDS, COMMAND_LEN, EVENT_RING, MAP_VERSION, RING, STATUS_LEN,
};

/// One entry of a block: how many registers it takes, its name, and what stands in it.
pub type Entry = (usize, &'static str, &'static str);

/// The status block's entries, in order.
pub fn status_entries() -> &'static [Entry] {
    STATUS
}

/// The code block's entries, in order.
pub fn code_entries() -> &'static [Entry] {
    CODES
}

/// The command block's entries, in order.
pub fn command_entries() -> &'static [Entry] {
    COMMAND
}

const STATUS: &[Entry] = &[
    (1, "map_version", "3; the bridge works with 2 too, without codes, and refuses all else"),
    (1, "heartbeat", "counts up once a scan"),
    (1, "plc_boot", "a number the PLC picks at its start, another one each time"),
    (
        1,
        "flags",
        "bit 0 belt runs; bit 1 bridge lost, the PLC falls back by itself; bit 2 stopped for an \
         item, waits for an operator",
    ),
    (
        1,
        "capabilities",
        "bit 0 reports trailing edges; bit 1 tells the belt's direction at an edge; bit 2 stops \
         the belt when a result asks for it; bit 3 obeys command flags 6 and 7; bit 4 `belt runs` \
         follows the drive; bit 5 (from version 3 on) tells items' codes in the code block",
    ),
    (2, "encoder", "count now, wrapping at 2^32; counts down when the belt runs backwards"),
    (1, "sequence_echo", "`sequence` of the last command block taken"),
    (1, "result_taken", "number of the last result taken, set in the same scan as the echo"),
    (1, "event_overruns", "events overwritten before the bridge took them, wrapping"),
    (1, "event_head", "number of the newest line event; 0 before the first"),
    (EVENT_RING * EVENT_WORDS, "events", "ring of line events, see below"),
];

const COMMAND: &[Entry] = &[
    (1, "map_version", "the status block's own; anything else is refused by the PLC"),
    (1, "heartbeat", "counts up with each command, at least once a cycle"),
    (
        1,
        "flags",
        "bit 0 inspectd alive; bit 1 inspectd ready; bit 2 the last decision was a fall-back; \
         bit 3 results wait because the ring is full; bit 4 results stand in the ring that were \
         not taken; bit 5 direct mode, the bridge fires the diverters; bit 6 the line is blind, \
         stop the belt; bit 7 the line is blind, divert everything",
    ),
    (1, "bridge_boot", "another number at each start of the bridge and after each of the PLC"),
    (1, "event_taken", "number of the last line event taken"),
    (1, "result_head", "number of the newest result; 0 before the first"),
    (
        1,
        "own_fall_back",
        "what the PLC does by itself when it does not hear the bridge: two bits a diverter, from \
         bit 0 up; 0 pass, 1 divert, 2 stop the belt",
    ),
    (
        1,
        "cause",
        "why the last decision was a fall-back: 0 it was a verdict; 1 no verdict in time; 2 \
         inspectd is away; 3 not inspected; 4 ambiguous; 5 PLC lost; 6 bridge restarted",
    ),
    (1, "outputs", "direct mode: bit n, diverter n of the line file (from 0) is to be out"),
    (1, "items", "items on the belt that have no outcome yet"),
    (RING * RESULT_WORDS, "results", "ring of results, see below"),
    (1, "sequence", "counts up with each command; written last"),
];

const CODES: &[Entry] = &[
    (1, "map_version", "3; anything else is refused by the bridge"),
    (1, "plc_boot", "as in the status block; codes of another start are not taken"),
    (1, "code_head", "number of the newest code; 0 before the first"),
    (CODE_RING * CODE_WORDS, "codes", "ring of codes, see below"),
];

const CODE: &[Entry] = &[
    (1, "acquisition", "the item's acquisition id"),
    (2, "encoder", "count in the line event that gave the item this id (rule 14)"),
    (
        CODE_TEXT_WORDS,
        "code",
        "`ascii`: up to 16 printable characters, the first in the first register's high byte, filled \
         up with NUL or blanks; `number`: 64 bits in the first four registers, as `word_order` has \
         it, and 0 in the others",
    ),
    (1, "number", "the number of this code; written last"),
];

const EVENT: &[Entry] = &[
    (
        1,
        "eye",
        "bits 8 to 13: 1 entry, 2 exit, 3 lane with the lane in the low byte, 4 mid-belt with its \
         number in the low byte, 0 never used; bit 15: trailing edge; bit 14: the belt ran backwards",
    ),
    (
        1,
        "acquisition",
        "at the entry eye the acquisition id, 1 to 65,535 ascending and wrapping to 1, on both \
         edges; at a mid-belt eye the id of an item that was not known and is numbered there; else 0",
    ),
    (2, "encoder", "count latched at the edge"),
];

const RESULT: &[Entry] = &[
    (1, "acquisition", "the item's acquisition id"),
    (
        1,
        "lane",
        "0 stays on the belt, n goes into lane n, 65,535: stop the belt when the item reaches its \
         next commit point",
    ),
    (1, "reasons", "bit 0 damage, bit 1 identity, bit 2 label, bit 3 hold"),
    (1, "source", "0 never used, 1 inspectd's verdict, 2 fall-back"),
];

/// The page, as `plc-bridge --registers` prints it and `REGISTERS.md` keeps it.
pub fn page() -> String {
    let mut page = format!(
        "# Registers, map version {MAP_VERSION}

Printed by `plc-bridge --registers`; change `src/registers/page.rs`, not this page.

The PLC is a Modbus server (TCP or RTU) with blocks of 16-bit holding registers. Offsets count from
the block's base address (`status_base`, `command_base` and `code_base` in `[plc]` of the line file). 32-bit
values stand high word first, bytes high byte first; `word_order` and `byte_order` change that. Once
a cycle (`cycle_ms`) the bridge writes the whole command block with one request and reads the whole
status block with another. Where `item_code` in `[plc]` is not `none` and the PLC's capabilities have
bit 5, it reads the whole code block between the two, with a third. A fall-back that follows from the
status block is written at once, with a command of its own. A program that follows the rules is `plc/inspectd.st`.

"
    );
    table(&mut page, "Status block: the PLC writes, the bridge reads", STATUS);
    table(&mut page, "Command block: the bridge writes, the PLC reads", COMMAND);
    table(&mut page, "Code block: the PLC writes, the bridge reads", CODES);
    table(&mut page, "One line event", EVENT);
    table(&mut page, "One result", RESULT);
    table(&mut page, "One code", CODE);
    let _ = write!(
        page,
        "## Rules

1. Numbers of events, results, codes and sequences count up by one from 1 and wrap from 65,535 to 0.
   Compare by wrapping subtraction. Event `n` stands in slot `n mod {EVENT_RING}`, result `n` in
   slot `n mod {RING}`, code `n` in slot `n mod {CODE_RING}`.
2. The PLC copies the status block and the code block into the registers between two scans, never during
   one. It takes a command when `sequence` has changed: results `result_taken + 1` to `result_head`, at most
   {RING}. It then sets `result_taken` and `sequence_echo` in the same scan.
3. A result for an unknown acquisition id is taken and ignored. A later result for an item replaces
   an earlier one until the item reaches its commit point. At the commit point of the diverter of
   lane n, an item whose result names lane n is diverted; any other result lets it go on.
4. An item that reaches a commit point without a result gets `own_fall_back` of that diverter as
   last written, kept over a power cut where the PLC can; before the first command block ever: divert.
5. The bridge never overwrites a result that the PLC has not taken.
6. A PLC that starts picks another `plc_boot`, numbers its events from 1 again, and the bridge
   gives up the items that were on the belt (outcome `ambiguous`). What lies on the belt then is
   not known to the PLC either: until the belt has travelled from the entry eye to the diverter,
   the PLC treats whatever it did not see at the entry eye by `own_fall_back`.
7. A PLC that sees another `bridge_boot` sets `result_taken` to 0 before it takes results. The
   bridge numbers its results from 1 again then. Items and results held already are kept.
8. A heartbeat that stands still means that the other side is dead: the bridge reports the PLC
   after `heartbeat_timeout_ms`; the PLC sets `bridge lost` after 500 ms and falls back by itself.
9. An item whose leading edge crosses the entry eye again, because the belt ran backwards, keeps its
   acquisition id.
10. An edge at a mid-belt eye within the slip tolerance of an item's place is that item's; the PLC
   corrects its place by it, and reports acquisition 0. Any other is an item that was put on the
   belt: the PLC gives it the next acquisition id and reports it so.
11. In direct mode, whoever holds the diverters' coils lets go of them by itself when the bridge's
   heartbeat stands still or its writes cease (rule 8; a bus coupler: its own watchdog, at most
   500 ms). A bridge that ends in order writes `outputs` and the coils 0 as its last command.
12. A line is **blind** when items could pass that nobody sees: the encoder stands still although the
   belt runs, it counts although the belt stands, the entry eye stays covered, or it sees nothing of
   what later eyes see. While flag 6 is set the PLC stops the belt when the flag rises, and again each time
   it rises after a reset; while flag 7 is set it keeps the first diverter out. A PLC that can tell
   these faults for itself does the same without the bridge. A PLC whose capabilities lack bit 3
   is only reported to: the bridge says so in the fault.
13. The direction at an edge (bit 14) follows the belt's travel, not single counts: a belt that stands
   and trembles keeps its last direction, and whatever covers the entry eye of a standing belt is a
   new item once the belt has carried it on.
14. The PLC tells a code only of an item that it knows by its acquisition id, and names the item twice:
   by that id, and by the encoder's count in the line event that gave the id. A bridge gives a code
   to the item that has both. Any other code is dropped, counted and logged; it is never given to a
   neighbour. Where there is no code, or the PLC does not know whose it is, it tells none.
15. A code may come at any time after that line event while the item is on the belt. The same code again
   says nothing new. Another code for the same item contradicts the first; the bridge tells
   inspectd both.
16. Version 3 is version 2 with the code block and capability bit 5. A bridge of version 3 works with a
   PLC of version 2, in version 2 and without codes. A bridge of version 2 refuses a PLC of
   version 3: bring the box up to date first, then the PLC.
"
    );
    page
}

fn table(page: &mut String, title: &str, entries: &[Entry]) {
    let _ = write!(page, "## {title}\n\n| offset | name | meaning |\n| --- | --- | --- |\n");
    let mut offset = 0;
    for (words, name, meaning) in entries {
        let last = offset + words - 1;
        let place = if *words == 1 { format!("{offset}") } else { format!("{offset} to {last}") };
        let _ = writeln!(page, "| {place} | {name} | {meaning} |");
        offset += words;
    }
    page.push('\n');
}

const _: () = assert!(words(STATUS) == STATUS_LEN, "the status table has gaps");
const _: () = assert!(words(COMMAND) == COMMAND_LEN, "the command table has gaps");
const _: () = assert!(words(CODES) == CODE_LEN && words(CODE) == CODE_WORDS);
const _: () = assert!(words(EVENT) == EVENT_WORDS && words(RESULT) == RESULT_WORDS);

const fn words(entries: &[Entry]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < entries.len() {
        sum += entries[at].0;
        at += 1;
    }
    sum
}
