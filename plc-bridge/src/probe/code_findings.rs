//! What looks wrong in what the PLC says of its items' codes.

use super::findings::Finding;
use super::look::{Expected, Look};
use super::status_findings::statuses;
use crate::registers::{CODE_RING, CodeBlock, MapVersion, Status, slot};
use line::config::{CODE_REGISTERS, ItemCodeKind};
use line::item_code::ItemCodeError;

/// Everything that looks wrong with the codes.
pub(super) fn findings(looks: &[Look], expected: &Expected) -> Vec<Finding> {
    let Some((_, status)) = statuses(looks, expected).last() else { return Vec::new() };
    if expected.item_code == ItemCodeKind::None {
        return not_asked(&status);
    }
    let mut found: Vec<_> = cannot(&status).into_iter().collect();
    match looks.last().and_then(|look| look.codes.as_ref()) {
        None => {}
        Some(Err(error)) => found.push(Finding::wrong(
            "the code block cannot be read",
            format!(
                "map CodeRegisters ({CODE_REGISTERS} registers) to plc.code_base ({}): {error}",
                expected.code_base
            ),
        )),
        Some(Ok(words)) => match CodeBlock::decode(words, expected.order, expected.item_code) {
            Err(error) => found.push(Finding::wrong(
                "the code block makes no sense",
                format!("check plc.code_base ({}): {error}", expected.code_base),
            )),
            Ok(block) => found.extend(in_block(&block, &status, expected.item_code)),
        },
    }
    found
}

/// The line file asks for no codes.
fn not_asked(status: &Status) -> Vec<Finding> {
    match (status.version, status.capabilities.item_codes) {
        (MapVersion::V2, _) => vec![Finding::note(
            "the PLC program is made for map version 2: it works, and tells no items' codes",
            "nothing has to be done; load the plc/*.st of this version where the PLC shall tell codes",
        )],
        (MapVersion::V3, true) => vec![Finding::note(
            "the PLC tells items' codes, but the line file does not ask for them",
            "set plc.item_code to \"ascii\" or \"number\", if inspectd is to use them",
        )],
        (MapVersion::V3, false) => Vec::new(),
    }
}

/// The line file asks for codes, and the PLC has none.
fn cannot(status: &Status) -> Option<Finding> {
    match (status.version, status.capabilities.item_codes) {
        (MapVersion::V2, _) => Some(Finding::wrong(
            "plc.item_code asks for items' codes, but the PLC program is made for map version 2, which \
             has none",
            "load the plc/*.st of this version into the PLC, or leave plc.item_code out; until then the \
             line runs without codes",
        )),
        (MapVersion::V3, false) => Some(Finding::wrong(
            "plc.item_code asks for items' codes, but the PLC tells none (capability bit 5)",
            "set Parameters.TellsCodes in the PLC and offer the codes, or leave plc.item_code out",
        )),
        (MapVersion::V3, true) => None,
    }
}

/// What stands in the block.
fn in_block(block: &CodeBlock, status: &Status, kind: ItemCodeKind) -> Vec<Finding> {
    let mut found = Vec::new();
    if block.plc_boot != status.plc_boot {
        found.push(Finding::wrong(
            format!(
                "the code block is of another start of the PLC ({}) than the status block ({}): none of \
                 its codes is taken",
                block.plc_boot, status.plc_boot
            ),
            "write plc_boot into both blocks in each scan",
        ));
    }
    let newest = (0..CODE_RING as u16).map(|back| block.code_head.wrapping_sub(back));
    let told: Vec<_> = newest
        .map(|number| (number, block.codes[slot(number, CODE_RING)]))
        .filter(|(number, told)| told.number == *number && told.acquisition != 0)
        .collect();
    if told.is_empty() && block.code_head != 0 {
        found.push(Finding::wrong(
            "code_head counts, but no slot of the ring holds a code with its number and an item's id",
            "write acquisition, encoder, code and number of code n into slot n mod 8 before code_head",
        ));
    }
    let faults: Vec<_> = told.iter().filter_map(|(_, told)| told.code(kind).err()).collect();
    if let Some(why) = faults.first() {
        let empty = faults.contains(&ItemCodeError::Empty.into());
        found.push(Finding::wrong(
            format!("{} of the {} codes in the ring are none: {why}", faults.len(), told.len()),
            if empty {
                "tell no code where a reader has read none"
            } else {
                "check plc.item_code and plc.byte_order, and fill text up with NUL or blanks"
            },
        ));
    }
    found
}
