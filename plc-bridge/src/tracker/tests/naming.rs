//! A code is of the item that it names by id and count, or of nobody.

use super::*;

fn code(text: &str) -> ItemCode {
    text.parse().expect("a code")
}

impl Line {
    fn identify(&mut self, acquisition: u16, count: i64, text: &str) -> Naming {
        self.tracker.identify(self.clock, (acquisition, count), code(text), &mut self.out)
    }

    fn told(&mut self) -> Vec<(ItemNumber, String)> {
        let told = |output: Output| match output {
            Output::Journal(ItemEvent::Identified { item, code, .. }) => {
                Some((item, code.to_string()))
            }
            _ => None,
        };
        std::mem::take(&mut self.out).into_iter().filter_map(told).collect()
    }
}

#[test]
fn a_code_needs_the_id_and_the_count_of_one_item() {
    let mut line = Line::new(FallBack::Divert);
    line.run(400, &[(Eye::Entry, 100), (Eye::Entry, 300)]);
    assert_eq!(line.identify(100, 300, "A"), Naming::Nobody, "the count of its neighbour");
    assert_eq!(line.identify(300, 100, "A"), Naming::Nobody, "the id of its neighbour");
    assert_eq!(line.identify(0, 100, "A"), Naming::Nobody, "no id at all");
    assert_eq!(line.identify(300, 300, "B"), Naming::Told(2));
    assert_eq!(line.identify(100, 100, "A"), Naming::Told(1));
    assert_eq!(line.told(), [(2, "B".into()), (1, "A".into())]);
}

#[test]
fn the_same_code_again_is_no_news_and_another_one_contradicts_it_once() {
    let mut line = Line::new(FallBack::Divert);
    line.run(400, &[(Eye::Entry, 100)]);
    assert_eq!(line.identify(100, 100, "A"), Naming::Told(1));
    assert_eq!(line.identify(100, 100, "A"), Naming::Known);
    let before = code("A");
    assert_eq!(line.identify(100, 100, "B"), Naming::Contradicts { item: 1, before });
    assert_eq!(line.identify(100, 100, "C"), Naming::Known, "it contradicts itself already");
    assert_eq!(line.told(), [(1, "A".into()), (1, "B".into())]);
}

#[test]
fn an_item_is_named_by_the_count_at_which_it_was_numbered_wherever_it_slips() {
    let mut config = config(FallBack::Divert);
    config.conveyor.mid_eye = vec![MidEyeSection { position_mm: 400.0 }];
    let mut line = Line::of(&config);
    line.run(200, &[(Eye::Entry, 100)]);
    line.run(540, &[(Eye::Mid(1), 530)]);
    assert_eq!(line.identify(100, 130, "A"), Naming::Nobody, "where it seems to have entered");
    assert_eq!(line.identify(100, 100, "A"), Naming::Told(1));
}

#[test]
fn an_id_that_the_plc_has_given_twice_is_told_apart_by_the_count() {
    let mut line = Line::new(FallBack::Divert);
    let again = Edge { acquisition: 100, ..leading(Eye::Entry, 300) };
    line.run(200, &[(Eye::Entry, 100)]);
    line.run_with(400, &[again]);
    assert_eq!(line.identify(100, 300, "B"), Naming::Told(2));
    assert_eq!(line.identify(100, 100, "A"), Naming::Told(1));
}

#[test]
fn an_item_that_has_left_has_no_code_and_leaves_none_to_the_next() {
    let mut line = Line::new(FallBack::Divert);
    line.run(400, &[(Eye::Entry, 100), (Eye::Entry, 300)]);
    line.run(1670, &[]);
    assert_eq!(line.identify(100, 100, "A"), Naming::Nobody);
    assert_eq!(line.identify(300, 300, "B"), Naming::Told(2));
}
