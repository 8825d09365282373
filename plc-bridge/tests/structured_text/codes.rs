//! The program tells a code of the item that it is of, and of no other (rules 14 to 16).

use line::config::ItemCodeKind;
use plc_bridge::registers::{CODE_RING, Eye, ToldCode, code_words, slot};

use crate::plc::{MID, Plc, STEP};

impl Plc {
    /// The plant offers a code for the item with this id, and takes its offer back.
    fn offer(&mut self, acquisition: u16, code: &str) {
        let words = code_words(ItemCodeKind::Ascii, code).expect("it is short enough");
        self.set("CodeOffered", true);
        self.set("CodeFor", acquisition);
        self.set("ItemCode", words.to_vec());
        self.scan(STEP);
        self.set("CodeOffered", false);
        self.scan(STEP);
    }

    fn told(&self, number: u16) -> ToldCode {
        self.codes.codes[slot(number, CODE_RING)]
    }

    /// The item that covers the entry eye, as the plant's program reads it.
    fn at_entry(&self) -> u64 {
        self.out["EntryAcquisition"].as_u64().expect("a number")
    }

    fn refused(&self) -> u64 {
        self.out["CodesRefused"].as_u64().expect("a number")
    }

    fn text(&self, number: u16) -> String {
        self.told(number).code(ItemCodeKind::Ascii).expect("a code").to_string()
    }
}

fn with_codes() -> Plc {
    let mut plc = Plc::with_known_belt(0);
    plc.set("Parameters.TellsCodes", true);
    plc.scan(STEP);
    plc
}

#[test]
fn only_a_plant_that_offers_codes_says_so() {
    let mut plc = Plc::with_known_belt(0);
    assert!(!plc.status.capabilities.item_codes);
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.offer(1, "CARTON");
    assert_eq!(plc.codes.code_head, 0, "nobody would read it");
    plc.set("Parameters.TellsCodes", true);
    plc.scan(STEP);
    assert!(plc.status.capabilities.item_codes);
}

#[test]
fn a_code_names_its_item_by_id_and_by_the_count_of_its_entry_wherever_the_item_is() {
    let mut plc = with_codes();
    assert_eq!(plc.at_entry(), 0);
    plc.put(0, 100);
    plc.put(250, 100);
    plc.run_to(0, 50);
    assert_eq!(plc.at_entry(), 1);
    plc.run_to(0, 150);
    assert_eq!(plc.at_entry(), 0, "nothing covers the eye");
    plc.run_to(1, 50);
    assert_eq!(plc.at_entry(), 2);
    let entries: Vec<u32> = plc
        .events
        .iter()
        .filter(|event| event.eye == Some(Eye::Entry) && !event.trailing)
        .map(|event| event.encoder)
        .collect();
    // The mid-belt eye has corrected the first one's place by some counts meanwhile.
    plc.things[0].lead += 17;
    plc.run_to(0, MID + 100);
    plc.offer(2, "SECOND");
    plc.offer(1, "FIRST");
    assert_eq!((plc.codes.code_head, plc.codes.plc_boot), (2, plc.status.plc_boot));
    let named = [1, 2].map(|number| (plc.told(number).acquisition, plc.told(number).encoder));
    assert_eq!(named, [(2, entries[1]), (1, entries[0])]);
    assert_eq!([plc.text(1), plc.text(2)], ["SECOND", "FIRST"]);
    assert_eq!([plc.told(1).number, plc.told(2).number], [1, 2]);
}

#[test]
fn a_code_for_an_item_that_is_not_on_the_belt_is_refused() {
    let mut plc = with_codes();
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.offer(0, "NOBODY");
    plc.offer(2, "TOO EARLY");
    assert_eq!((plc.codes.code_head, plc.refused()), (0, 2));
    plc.run_to(0, 2000);
    plc.offer(1, "TOO LATE");
    assert_eq!((plc.codes.code_head, plc.refused()), (0, 3));
}

#[test]
fn a_started_plc_tells_no_code_of_the_items_of_before() {
    let mut plc = with_codes();
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.offer(1, "BEFORE");
    let boot = plc.codes.plc_boot;
    plc.cut_power();
    plc.bridge_writes = true;
    plc.scan(STEP);
    assert_eq!(plc.codes.code_head, 0);
    assert_ne!(plc.codes.plc_boot, boot);
    plc.offer(1, "BEFORE");
    assert_eq!((plc.codes.code_head, plc.refused()), (0, 1));
}

#[test]
fn one_rise_tells_one_code_and_the_ring_keeps_the_last_eight() {
    let mut plc = with_codes();
    plc.put(0, 100);
    plc.run_to(0, 50);
    plc.set("CodeOffered", true);
    plc.set("CodeFor", 1);
    plc.run(5);
    assert_eq!(plc.codes.code_head, 1, "five scans with the input set are one offer");
    plc.set("CodeOffered", false);
    plc.scan(STEP);
    (2..=9).for_each(|number| plc.offer(1, &format!("CODE {number}")));
    assert_eq!(plc.codes.code_head, 9);
    (2..=9).for_each(|number| assert_eq!(plc.text(number), format!("CODE {number}")));
}
