//! Orders of all kinds, well written and not: none panics, none is followed with a text or a list over its
//! limit, and what is refused is refused in few words.

use line::text::NAME_MAX;
use meaning::expectation::{NAME_MAX as ITEM_NAME_MAX, TITLE_MAX};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::*;
use crate::warehouse::expectations::EXPECTATIONS_MAX;

/// A text as it may come: short, at a limit, one over it, or without an end.
fn text() -> impl Strategy<Value = String> {
    let limit = prop_oneof![Just(NAME_MAX), Just(ID_MAX), Just(TITLE_MAX), Just(WORDS_MAX)];
    let letter = prop_oneof![Just("x"), Just("ß"), Just("€"), Just("\u{1}"), Just(" ")];
    let long = (letter, limit, 0..3_usize, prop_oneof![9 => Just(1), 1 => Just(50)])
        .prop_map(|(letter, most, more, times)| letter.repeat((most + more - 1) * times));
    prop_oneof![8 => "[a-zA-Z0-9 ]{0,12}", 1 => ".{0,40}", 1 => long]
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A field's value: nearly always a text.
fn field() -> impl Strategy<Value = Value> {
    prop_oneof![20 => text().prop_map(Value::from), 1 => Just(Value::Null), 1 => any_json()]
}

fn hold() -> impl Strategy<Value = Value> {
    let set_at = prop_oneof![9 => Just(json!("2026-03-01T08:00:00Z")), 1 => field()];
    (field(), field(), field(), field(), field(), set_at).prop_map(|(id, sku, lot, why, by, set_at)| {
        json!({ "id": id, "sku": sku, "lot": lot, "why": why, "by": by, "set_at": set_at })
    })
}

fn holds_list() -> impl Strategy<Value = Value> {
    let few = proptest::collection::vec(hold(), 0..4);
    // One hold, so often that it passes the limit.
    let many = (hold(), HOLDS_MAX - 1..HOLDS_MAX + 2).prop_map(|(hold, times)| {
        let numbered = |number: usize| {
            let mut hold = hold.clone();
            hold["id"] = json!(number.to_string());
            hold
        };
        (0..times).map(numbered).collect::<Vec<_>>()
    });
    let lift = prop_oneof![
        9 => proptest::collection::vec(field(), 0..4),
        1 => (HOLDS_MAX - 1..HOLDS_MAX + 2).prop_map(|times| vec![json!("a"); times]),
    ];
    (prop_oneof![20 => few, 1 => many], lift)
        .prop_map(|(holds, lift)| json!({ "schema": "holds/1", "holds": holds, "lift": lift }))
}

fn expectation() -> impl Strategy<Value = Value> {
    let gtin = prop_oneof![8 => Just(json!("4006381333931")), 1 => field(), 1 => "[0-9]{0,16}".prop_map(Value::from)];
    let names = proptest::collection::vec(field(), 6..7);
    (names, gtin, prop_oneof![8 => Just(json!(6)), 1 => any_json()], proptest::option::of(field()))
        .prop_map(|(names, gtin, count, expiry)| {
            json!({
                "sku": names[0], "title": names[1], "size": names[2], "colour": names[3],
                "lot": names[4], "reference": names[5], "gtin": gtin, "count": count,
                "expiry": expiry.unwrap_or_else(|| json!("2027-05-13")),
            })
        })
}

fn expected_list() -> impl Strategy<Value = Value> {
    proptest::collection::vec(expectation(), 0..4)
        .prop_map(|items| json!({ "schema": "expected/1", "items": items }))
}

/// The bytes of an order: good, spoilt, and none at all.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let list = prop_oneof![4 => holds_list(), 4 => expected_list(), 1 => any_json()];
    let written = list.prop_map(|value| value.to_string().into_bytes());
    let spoilt = (written, any::<prop::sample::Index>(), any::<u8>(), any::<bool>(), any::<bool>())
        .prop_map(|(mut text, at, byte, is_spoilt, is_cut)| {
            let at = at.index(text.len());
            if is_spoilt {
                text[at] = byte;
            }
            if is_cut && is_spoilt {
                text.truncate(at);
            }
            text
        });
    let nested = (0..50_000_usize).prop_map(|times| "[".repeat(times).into_bytes());
    let any_bytes = proptest::collection::vec(any::<u8>(), 0..200);
    prop_oneof![20 => spoilt, 1 => nested, 2 => any_bytes]
}

fn within(text: &str, most: usize) -> bool {
    text.chars().count() <= most
}

/// Reads the order from each topic, and says whether any was followed.
fn does_no_harm(text: &[u8]) -> bool {
    let mut is_followed = false;
    for topic in topics("north", "tunnel-3") {
        let order = read(&topic, text);
        is_followed |= order.content.is_ok();
        match order.content {
            Err(why) => assert!(within(&why, WORDS_MAX), "{} characters", why.len()),
            Ok(Content::Holds(_, holds, lift)) => {
                assert!(holds.len() <= HOLDS_MAX && lift.len() <= HOLDS_MAX);
                for hold in &holds {
                    let names = [&hold.sku, &hold.by].into_iter().chain(&hold.lot);
                    assert!(names.into_iter().all(|name| within(name, NAME_MAX)));
                    assert!(within(&hold.id, ID_MAX) && within(&hold.why, WORDS_MAX));
                }
                assert!(lift.iter().all(|id| within(id, ID_MAX)));
            }
            Ok(Content::Expected(_, items)) => {
                assert!(items.len() <= EXPECTATIONS_MAX);
                for item in items.iter() {
                    let names = [&item.size, &item.colour, &item.lot, &item.reference];
                    let names = names.into_iter().flatten().chain([&item.sku]);
                    assert!(names.into_iter().all(|name| within(name, ITEM_NAME_MAX)));
                    assert!(item.title.iter().all(|title| within(title, TITLE_MAX)));
                    assert!(item.gtin.iter().all(|gtin| gtin.len() == 14));
                }
            }
        }
    }
    is_followed
}

fn run(cases: u32) {
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let (mut followed, mut all) = (0, 0);
    let counts = std::cell::RefCell::new((&mut followed, &mut all));
    let outcome = runner.run(&bytes(), |text| {
        let is_followed = does_no_harm(&text);
        let mut counts = counts.borrow_mut();
        *counts.0 += u32::from(is_followed);
        *counts.1 += 1;
        Ok(())
    });
    outcome.unwrap();
    // A generator whose orders are all refused would test nothing but refusals.
    assert!(followed * 20 > all, "only {followed} of {all} orders were followed");
    assert!(followed < all, "all orders were followed");
}

#[test]
fn no_order_does_harm_and_none_passes_a_limit() {
    run(300);
}

#[test]
#[ignore = "some minutes: run it after changes to an order"]
fn a_hundred_thousand_orders_do_no_harm() {
    run(100_000);
}

/// The limit that the box has for names is the one of an item's names: they end in the same records.
#[test]
fn names_have_one_limit() {
    assert_eq!(ITEM_NAME_MAX, NAME_MAX);
}

#[test]
fn ids_that_are_lifted_have_a_length_and_a_number() {
    let refused = |lift: Vec<String>| {
        let text = json!({ "schema": "holds/1", "holds": [], "lift": lift }).to_string();
        read("inspectd/v1/n/b/holds", text.as_bytes()).content.map(|_| ())
    };
    assert_eq!(refused(vec!["i".repeat(ID_MAX); HOLDS_MAX]), Ok(()));
    let why = refused(vec!["a".to_owned(), "i".repeat(ID_MAX + 1)]).unwrap_err();
    assert!(why.contains("id 2") && why.contains("320"), "{why}");
    let why = refused(vec!["a".to_owned(); HOLDS_MAX + 1]).unwrap_err();
    assert!(why.contains("1001 holds"), "{why}");
}

#[test]
fn a_list_of_too_many_items_is_refused_as_it_is_read() {
    let items = vec![json!({ "sku": "a" }); EXPECTATIONS_MAX + 1];
    let text = json!({ "schema": "expected/1", "items": items }).to_string();
    let why = read("inspectd/v1/n/b/expected", text.as_bytes()).content.unwrap_err();
    assert!(why.contains("100001 SKUs"), "{why}");
}
