use std::time::Duration;

use super::matcher::{ITEMS_MAX, READS_MAX};
use super::*;
use crate::scanner::framing::Message;

const MM_PER_COUNT: f64 = 0.5;
/// One millimetre in 5 ms: 200 mm/s.
const MM_S: f64 = 200.0;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn beam(name: &str, position_mm: f64, latency_ms: u64) -> Beam {
    Beam { scanner: name.into(), position_mm, tolerance_mm: 40.0, latency: ms(latency_ms) }
}

fn read(text: &str) -> Message {
    Message::Read(text.to_owned())
}

/// A belt at 200 mm/s from 0 on, sampled every 10 ms; time goes on in steps of 5 ms.
struct Line {
    matcher: ScanMatcher,
    now: u64,
    answers: Vec<ScanAnswer>,
}

impl Line {
    fn new(beams: Vec<Beam>) -> Self {
        let scanners = beams.len();
        let mut matcher = ScanMatcher::new(beams, MM_PER_COUNT);
        (0..scanners).for_each(|index| matcher.connected(index, true));
        Self { matcher, now: 0, answers: Vec::new() }
    }

    fn count(at: u64) -> i64 {
        (at as f64 / 1000.0 * MM_S / MM_PER_COUNT).round() as i64
    }

    /// Lets it become `at` ms.
    fn until(&mut self, at: u64) -> &mut Self {
        while self.now < at {
            self.now += 5;
            if self.now.is_multiple_of(10) {
                self.matcher.encoder_sample(ms(self.now), Self::count(self.now));
            }
            self.answers.extend(self.matcher.tick(ms(self.now)));
        }
        self
    }

    /// The same without the encoder being sampled.
    fn unwatched_until(&mut self, at: u64) -> &mut Self {
        while self.now < at {
            self.now += 5;
            self.answers.extend(self.matcher.tick(ms(self.now)));
        }
        self
    }

    fn enters(&mut self, item: u64) -> &mut Self {
        self.matcher.entered(item, ms(self.now), Self::count(self.now));
        self
    }

    fn hears(&mut self, message: Message) -> &mut Self {
        self.matcher.heard(0, ms(self.now), message);
        self
    }

    /// The answers so far, without their scanners.
    fn told(&self) -> Vec<(u64, Scan)> {
        self.answers.iter().map(|answer| (answer.item, answer.scan.clone())).collect()
    }

    fn standing(&self) -> Standing {
        *self.matcher.standing(0).unwrap()
    }
}

fn one() -> Line {
    Line::new(vec![beam("portal", 200.0, 0)])
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn an_item_is_told_what_was_read_while_it_stood_before_the_scanner() {
    let mut line = one();
    line.until(100).enters(7).until(1090).hears(read("A")).until(3000);
    assert_eq!(line.told(), [(7, Scan::Read("A".into()))]);
    assert_eq!(&*line.answers[0].scanner, "portal");
    assert_eq!((line.standing().read, line.standing().stray), (1, 0));
}

#[test]
fn a_read_is_placed_by_its_moment_and_not_by_its_arrival() {
    // 500 ms late: at its arrival the item stands 100 mm behind the scanner, out of the tolerance.
    let mut line = Line::new(vec![beam("portal", 200.0, 500)]);
    line.enters(7).until(1500).hears(read("A")).until(3000);
    assert_eq!(line.told(), [(7, Scan::Read("A".into()))]);
    let mut line = Line::new(vec![beam("portal", 200.0, 0)]);
    line.enters(7).until(1500).hears(read("A")).until(4000);
    assert_eq!(line.told(), [(7, Scan::Silent(Silence::Nothing))]);
    let standing = line.standing();
    assert_eq!((standing.stray, standing.late), (1, 0));
    let nearest = standing.last_stray.unwrap().nearest_mm.unwrap();
    assert!((nearest - 100.0).abs() < 1.0, "{nearest}");
}

#[test]
fn the_same_text_twice_is_one_and_two_texts_are_several() {
    let mut line = one();
    line.enters(1).until(900).hears(read("A")).until(1000).hears(read("A")).until(3000);
    line.enters(2).until(3900).hears(read("A")).until(4000).hears(read("B")).until(6000);
    assert_eq!(line.told(), [(1, Scan::Read("A".into())), (2, Scan::Several(texts(&["A", "B"])))]);
}

#[test]
fn silence_and_the_word_that_nothing_was_read_are_told_apart() {
    let mut line = one();
    line.enters(1).until(1000).hears(Message::NoRead).until(3000);
    line.enters(2).until(6000);
    line.enters(3).until(6950).hears(Message::NoRead).until(7050).hears(read("A")).until(9000);
    let silent = Scan::Silent(Silence::Nothing);
    assert_eq!(line.told(), [(1, Scan::NoRead), (2, silent), (3, Scan::Ambiguous)]);
    assert_eq!(line.standing().unread_in_a_row, 0);
}

#[test]
fn a_read_that_fits_two_items_is_given_to_neither_and_both_are_told() {
    let mut line = one();
    // 60 mm apart, 40 mm tolerance either way: both stand before the scanner at 1150 ms.
    line.enters(1).until(300).enters(2).until(1150).hears(read("A")).until(3000);
    assert_eq!(line.told(), [(1, Scan::Ambiguous), (2, Scan::Ambiguous)]);
    // One that only the second fits is not enough to make its answer certain.
    let mut line = one();
    line.enters(1).until(300).enters(2).until(900).hears(read("A"));
    line.until(1150).hears(read("B")).until(1400).hears(read("C")).until(3000);
    assert_eq!(line.told(), [(1, Scan::Ambiguous), (2, Scan::Ambiguous)]);
}

#[test]
fn that_nothing_was_read_of_two_items_spoils_neither() {
    let mut line = one();
    line.enters(1).until(300).enters(2).until(900).hears(read("A"));
    line.until(1150).hears(Message::NoRead).until(1400).hears(read("B")).until(3000);
    assert_eq!(line.told(), [(1, Scan::Read("A".into())), (2, Scan::Read("B".into()))]);
}

#[test]
fn an_item_that_is_told_late_shares_the_read_that_fits_it() {
    let mut line = one();
    line.enters(1).until(1150).hears(read("A")).until(1200);
    line.matcher.entered(2, ms(300), Line::count(300));
    line.until(3000);
    assert_eq!(line.told(), [(1, Scan::Ambiguous), (2, Scan::Ambiguous)]);
    // Told after the first has its answer, it does not get the same read.
    let mut line = one();
    line.enters(1).until(1150).hears(read("A")).until(1400);
    assert_eq!(line.told(), [(1, Scan::Read("A".into()))]);
    line.matcher.entered(2, ms(300), Line::count(300));
    line.until(3000);
    assert_eq!(line.told()[1], (2, Scan::Ambiguous));
}

/// Tells of a belt that takes an item, entered at 0, past the scanner at 30 mm: it stands at 70 mm, where its
/// tolerance ends, at 350 ms; from 375 ms to 425 ms the belt runs back from 75 mm to 55 mm. `told` is called each
/// 5 ms.
fn on_a_belt_that_runs_back(
    mut told: impl FnMut(u64, i64, &mut ScanMatcher),
) -> (Vec<(u64, Scan)>, Standing) {
    let place_mm = |at: u64| match at {
        0..375 => at as f64 / 5.0,
        375..425 => 75.0 - (at - 375) as f64 * 0.4,
        425.. => 55.0 + (at - 425) as f64 / 5.0,
    };
    let mut matcher = ScanMatcher::new(vec![beam("portal", 30.0, 0)], MM_PER_COUNT);
    matcher.connected(0, true);
    matcher.entered(1, ms(0), 0);
    let mut answers = Vec::new();
    for at in (0..2000).step_by(5) {
        let count = (place_mm(at) / MM_PER_COUNT).round() as i64;
        matcher.encoder_sample(ms(at), count);
        told(at, count, &mut matcher);
        answers.extend(matcher.tick(ms(at)));
    }
    let scans = answers.into_iter().map(|answer| (answer.item, answer.scan)).collect();
    (scans, *matcher.standing(0).unwrap())
}

#[test]
fn an_item_that_enters_after_another_is_past_does_not_touch_its_answer_however_late_it_is_told() {
    for delay in [0, 50] {
        let mut entry = 0;
        let (scans, _) = on_a_belt_that_runs_back(|at, count, matcher| {
            match at {
                250 => matcher.heard(0, ms(at), read("A")),
                // At 56 mm: the read, at 50 mm, fits it too, 36 mm before the scanner.
                430 => entry = count,
                _ => {}
            }
            if at == 430 + delay {
                matcher.entered(2, ms(430), entry);
            }
        });
        let expected = [(1, Scan::Read("A".into())), (2, Scan::Ambiguous)];
        assert_eq!(scans, expected, "told {delay} ms late");
    }
}

#[test]
fn what_is_read_of_an_item_that_the_belt_brought_back_is_late_however_late_it_is_told() {
    for delay in [0, 50] {
        let (scans, standing) = on_a_belt_that_runs_back(|at, _, matcher| {
            if at == 430 + delay {
                matcher.heard(0, ms(430), read("A"));
            }
        });
        assert_eq!(scans, [(1, Scan::Silent(Silence::Nothing))], "told {delay} ms late");
        assert_eq!((standing.late, standing.stray), (1, 0), "told {delay} ms late");
    }
}

#[test]
fn a_forgotten_item_has_no_answer_and_keeps_its_place() {
    let mut line = one();
    line.enters(1).until(300).enters(2);
    line.matcher.forget(1);
    line.until(1150).hears(read("A")).until(3000);
    assert_eq!(line.told(), [(2, Scan::Ambiguous)]);
}

#[test]
fn while_a_scanner_is_away_an_item_before_it_is_answered_at_once() {
    let mut line = one();
    line.matcher.connected(0, false);
    line.enters(1).until(780);
    assert_eq!(line.told(), [], "it comes within 40 mm of 200 mm at 800 ms");
    line.until(815);
    assert_eq!(line.told(), [(1, Scan::Silent(Silence::NotConnected))]);
    line.until(1000).hears(read("A")).until(3000);
    assert_eq!((line.answers.len(), line.standing().late), (1, 1), "one answer, and it stays");
    assert_eq!(line.standing().unread_in_a_row, 0, "that the scanner is away is told elsewhere");
    // One that is back in time reads.
    line.enters(2).until(3500);
    line.matcher.connected(0, true);
    line.until(4000).hears(read("B")).until(6000);
    assert_eq!(line.told()[1], (2, Scan::Read("B".into())));
}

#[test]
fn what_was_read_before_the_scanner_went_away_counts() {
    let mut line = one();
    line.enters(1).until(900).hears(read("A"));
    line.matcher.connected(0, false);
    line.until(3000);
    assert_eq!(line.told(), [(1, Scan::Read("A".into()))]);
}

#[test]
fn a_belt_that_nobody_watched_costs_the_read() {
    let mut line = one();
    line.enters(1).until(700).unwatched_until(900).hears(read("A"));
    line.unwatched_until(1400).until(4000);
    assert_eq!(line.told(), [(1, Scan::Silent(Silence::Unwatched))]);
    assert_eq!(line.standing().unwatched, 1);
}

#[test]
fn on_a_standing_belt_an_item_before_the_scanner_waits_and_repeated_reads_are_one() {
    let mut line = one();
    line.enters(1).until(1000);
    let (stopped, count) = (line.now, Line::count(1000));
    for at in (stopped..stopped + 60_000).step_by(10) {
        line.matcher.encoder_sample(ms(at), count);
        line.matcher.heard(0, ms(at), read("A"));
        line.answers.extend(line.matcher.tick(ms(at)));
    }
    assert_eq!(line.told(), []);
    for step in 1..400_u64 {
        let at = stopped + 60_000 + 10 * step;
        line.matcher.encoder_sample(ms(at), count + 4 * step as i64);
        line.answers.extend(line.matcher.tick(ms(at)));
    }
    assert_eq!(line.told(), [(1, Scan::Read("A".into()))]);
    assert_eq!(line.standing().dropped, 0);
}

#[test]
fn two_scanners_answer_each_for_themselves() {
    let mut line = Line::new(vec![beam("front", 200.0, 0), beam("back", 400.0, 0)]);
    line.enters(1).until(1000).hears(read("A")).until(2000);
    line.matcher.heard(1, ms(2000), read("B"));
    line.matcher.heard(2, ms(2000), read("nobody"));
    line.until(4000);
    let told: Vec<_> = line.answers.iter().map(|a| (a.index, a.scan.clone())).collect();
    assert_eq!(told, [(0, Scan::Read("A".into())), (1, Scan::Read("B".into()))]);
}

#[test]
fn an_item_told_again_has_no_second_answer_even_after_it_is_gone() {
    let mut line = one();
    line.enters(1).until(2000);
    line.matcher.entered(1, Duration::ZERO, 0);
    line.until(20_000);
    assert_eq!(line.matcher.held(), 0);
    line.matcher.entered(1, Duration::ZERO, 0);
    line.until(30_000);
    assert_eq!(line.told(), [(1, Scan::Silent(Silence::Nothing))]);
}

#[test]
fn an_old_read_is_not_given_to_an_item_of_a_counter_that_began_anew() {
    let mut line = one();
    line.until(1000).hears(read("old")).until(9000);
    // The counter stands at 0 again, and the item is where the old read was.
    let (began, mut answers) = (9010, Vec::new());
    for at in (began..began + 3000).step_by(10) {
        line.matcher.encoder_sample(ms(at), Line::count(at - began));
        if at == began {
            line.matcher.entered(1, ms(at), 0);
        }
        answers.extend(line.matcher.tick(ms(at)));
    }
    assert_eq!(answers[0].scan, Scan::Silent(Silence::Nothing));
}

#[test]
fn what_is_held_is_bounded_and_who_gives_way_is_told() {
    let mut line = one();
    line.matcher.connected(0, true);
    for item in 0..ITEMS_MAX as u64 + 3 {
        line.matcher.entered(item, ms(item), item as i64);
    }
    line.answers.extend(line.matcher.tick(ms(2000)));
    assert_eq!(line.matcher.held(), ITEMS_MAX);
    let gave_way = Scan::Silent(Silence::TooManyItems);
    assert_eq!(line.told(), [(0, gave_way.clone()), (1, gave_way.clone()), (2, gave_way)]);
    for number in 0..3 * READS_MAX {
        line.matcher.heard(0, ms(2000), read(&number.to_string()));
    }
    assert_eq!(line.standing().dropped, 2 * READS_MAX as u64);
}
