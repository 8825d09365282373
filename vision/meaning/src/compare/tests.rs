//! Properties of comparisons.

use super::table_tests::{TABLE, compared, table};
use super::*;
use crate::dates::table_tests::{TODAY, lines_of};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Pieces that labels are made of, and pieces that are easily taken for something else.
const PIECES: &[&str] = &[
    "Size",
    "SIZE:",
    "Gr.",
    "Taille",
    "M",
    "L",
    "S/M",
    "XL",
    "XXL",
    "one size",
    "EU",
    "42",
    "UK 8",
    "US 9",
    "W32",
    "L34",
    "32/34",
    "42 2/3",
    "8½",
    "500 ml",
    "1 l",
    "6 x",
    "x6",
    "pack of 6",
    "12 pcs",
    "6er",
    "枚",
    "10枚",
    "net wt",
    "per 100 g",
    "12 oz",
    "(340 g)",
    "30 x 40 cm",
    "27\"",
    "Colour:",
    "blue",
    "Bleu/Blau",
    "RED",
    "orange juice",
    "dunkelgrün",
    "颜色：红色",
    "サイズ M",
    "LOT",
    "L 012",
    "13.05.2026",
    "EXP 05/27",
    "e",
    "-",
    "/",
    ",",
    "(",
    "é",
    "75B",
    "1 000 g",
    "5OO",
    "10",
    "King Size",
    "Qty",
    "℮",
    "x",
    "×",
];

fn label_text() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(select(PIECES), 1..6);
    pieces.prop_map(|pieces| pieces.join(" "))
}

/// An expectation that says everything in the words `text`.
fn saying(text: &str) -> Expectation {
    let text = Some(text.to_owned());
    Expectation {
        sku: "A1".to_owned(),
        title: text.clone(),
        size: text.clone(),
        colour: text.clone(),
        lot: text,
        ..Expectation::default()
    }
}

/// Without the order in which texts are found, which people do not see.
fn kinds(comparison: &Comparison) -> Vec<(What, String)> {
    comparison.mismatches.iter().map(|one| (one.what, one.label.clone())).collect()
}

/// Any text, and texts of what numbers and sizes are made of, which come apart in more ways.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,24}", "[0-9SMLlmgcxWU /.,½×\"'℮é-]{0,12}"]
}

fn without_lot(expected: Expectation) -> Expectation {
    Expectation { lot: None, ..expected }
}

#[test]
fn a_row_of_the_table_contradicts_nothing_that_is_said_in_its_own_words() {
    for row in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let text = row.split('\t').next().unwrap_or_default();
        for line in text.split(['|', '¦']) {
            let lines = lines_of(line);
            let expected = without_lot(saying(line.trim()));
            assert_eq!(compared(&lines, &[], &expected).mismatches, [], "{line}");
        }
    }
}

/// Sizes, colours and counts as the warehouse and as labels write them.
const SIZES: &[(&str, &[&str])] = &[
    ("L", &["Size: L", "Größe L", "L", "TALLA/TAILLE L", "サイズ：L"]),
    ("EU 42", &["EU 42", "42 EU / 8 UK", "EUR 42", "Size EU 42"]),
    ("W32 L34", &["W32 L34", "Size 32/34", "W 32 / L 34"]),
    ("500 ml", &["500 ml", "0,5 L", "Inhalt: 50 cl", "16.9 FL OZ (500 ml)"]),
    ("1 kg", &["1 kg", "1000 g", "NET WT 1 KG (2.2 LB)", "净含量：1千克"]),
];
const COLOURS: &[(&str, &[&str])] = &[
    ("navy", &["Colour: Navy", "Farbe: dunkelblau", "BLUE/BLEU/BLAU", "カラー：ネイビー"]),
    ("red", &["Color: RED", "ROUGE", "Kleur: rood", "颜色：红色"]),
];
const COUNTS: &[(u32, &[&str])] = &[
    (6, &["pack of 6", "6er-Pack", "6 pcs", "x6", "Lot de 6", "6個入り"]),
    (12, &["12 Stück", "Qty: 12", "12-pack", "confezione da 12"]),
];
/// Prints that say nothing of the three.
const OTHERS: &[&str] = &[
    "Made in Portugal",
    "60% cotton",
    "LOT A1234",
    "L 24123",
    "EXP 13.05.2026",
    "per 100 ml",
    "pro 100 g",
    "1234567",
    "www.example.com",
    "Keep dry",
    "40 °C",
    "S M L XL",
    "Art. No. 42",
    "Serving 30 g",
    "11:19",
    "Ref 12",
    "MFG 01.2025",
];

fn pick(
    list: &'static [(&'static str, &'static [&'static str])],
) -> impl Strategy<Value = (&'static str, &'static str)> {
    select(list).prop_flat_map(|(expected, prints)| (Just(expected), select(prints)))
}

#[test]
fn a_size_beside_an_amount_is_not_contradicted_by_itself() {
    let texts = [
        "サイズ M one size 30 x 40 cm",
        "one size 1 l",
        "1 000 g Size per 100 g é",
        "W32 Size 30 x 40 cm EU",
        "W32 one size 32/34 é",
        "L34 é Size 6 x",
    ];
    for text in texts {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        let expected = without_lot(saying(text));
        assert_eq!(compared(&lines, &[], &expected).mismatches, [], "{text}");
    }
}

#[test]
fn what_is_only_a_part_of_a_fraction_is_none() {
    for text in ["0 0/", "0 ×/½"] {
        let lines = [TextLine::level(text, 0.0, 0.0, 10.0)];
        let expected = without_lot(saying("8 1/"));
        assert_eq!(compared(&lines, &[], &expected).mismatches, [], "{text}");
    }
}

proptest! {
    #[test]
    fn an_expectation_in_the_words_of_a_label_is_never_contradicted(text in label_text()) {
        let lines = [TextLine::level(&text, 0.0, 0.0, 10.0)];
        let expected = without_lot(saying(&text));
        prop_assert_eq!(compared(&lines, &[], &expected).mismatches, []);
    }

    #[test]
    fn labels_of_one_item_in_any_language_agree_with_it(
        (size, size_print) in pick(SIZES),
        (colour, colour_print) in pick(COLOURS),
        (count, count_print) in select(COUNTS)
            .prop_flat_map(|(count, prints)| (Just(count), select(prints))),
        others in subsequence(OTHERS, 0..4),
        order in Just([0usize, 1, 2, 3, 4, 5, 6]).prop_shuffle(),
    ) {
        let mut prints = others;
        prints.retain(|print| *print != "S M L XL" || size != "L");
        prints.extend([size_print, colour_print, count_print]);
        let place = |(index, text): (usize, &&str)| {
            TextLine::level(text, 0.0, 100.0 * order[index] as f32, 10.0)
        };
        let lines: Vec<TextLine> = prints.iter().enumerate().map(place).collect();
        let expected = Expectation {
            size: Some(size.to_owned()),
            colour: Some(colour.to_owned()),
            count: Some(count),
            sku: "A1".to_owned(),
            ..Expectation::default()
        };
        let comparison = compared(&lines, &[], &expected);
        prop_assert_eq!(&comparison.mismatches, &[]);
        prop_assert_eq!(comparison.agreed.len(), 3, "{:?}", comparison.not_found);
    }

    #[test]
    fn the_order_of_lines_does_not_matter(
        texts in prop::collection::vec(label_text(), 1..7),
        columns in prop::collection::vec(0u8..2, 7),
        expected in label_text(),
        seed in any::<prop::sample::Index>(),
    ) {
        let place = |(row, text): (usize, &String)| {
            TextLine::level(text, 400.0 * f32::from(columns[row]), 16.0 * row as f32, 10.0)
        };
        let lines: Vec<TextLine> = texts.iter().enumerate().map(place).collect();
        let mut turned = lines.clone();
        turned.rotate_left(seed.index(lines.len()));
        turned.reverse();
        let expected = Expectation { count: Some(6), ..without_lot(saying(&expected)) };
        let (a, b) = (compared(&lines, &[], &expected), compared(&turned, &[], &expected));
        prop_assert_eq!(kinds(&a), kinds(&b));
    }

    #[test]
    fn nothing_makes_it_panic(
        texts in prop::collection::vec(any_text(), 0..5),
        expected in any_text(),
        corners in prop::collection::vec(-1e6f32..1e6, 8),
        gtins in prop::collection::vec("\\PC{0,15}", 0..3),
        count in any::<u32>(),
    ) {
        let mut lines: Vec<TextLine> =
            texts.iter().map(|text| TextLine::level(text, 0.0, 0.0, 10.0)).collect();
        if let Some(line) = lines.first_mut() {
            line.corners = [0, 1, 2, 3].map(|place| [corners[2 * place], corners[2 * place + 1]]);
        }
        let expected = Expectation {
            gtin: gtins.first().cloned(),
            count: Some(count),
            expiry: Some(TODAY),
            ..saying(&expected)
        };
        let lot = texts.first().map(String::as_str);
        let comparison = compare(&lines, &gtins, lot, &[], &expected, TODAY);
        let answers =
            comparison.mismatches.len() + comparison.agreed.len() + comparison.not_found.len();
        prop_assert_eq!(answers, 6 + usize::from(expected.gtin.is_some()));
    }
}

#[test]
fn a_line_that_was_hardly_read_contradicts_nothing() {
    let mut lines = lines_of("Size: M");
    let expected = Expectation { size: Some("L".into()), ..Expectation::default() };
    assert_eq!(compared(&lines, &[], &expected).mismatches.len(), 1);
    lines[0].confidence = 0.7;
    assert_eq!(compared(&lines, &[], &expected).mismatches, []);
}

#[test]
fn a_mismatch_quotes_both_sides_and_says_where() {
    let lines = lines_of("Polo shirt|Size: M");
    let expected = Expectation { size: Some("L".into()), ..Expectation::default() };
    let comparison = compared(&lines, &[], &expected);
    let [mismatch] = &comparison.mismatches[..] else { panic!("{comparison:?}") };
    assert_eq!(mismatch.words, "size: the label says \"M\", \"L\" is expected");
    let corners = mismatch.corners.unwrap();
    assert_eq!((corners[0][0].round(), corners[0][1]), (36.0, 16.0));
    let json = serde_json::to_value(mismatch).unwrap();
    assert_eq!((&json["what"], &json["label"]), (&"size".into(), &"M".into()));
}

#[test]
fn hiding_a_line_of_the_right_label_makes_no_mismatch() {
    for (lines, expected, codes, answers) in
        table().filter(|(.., answers)| !answers.contains(['≠', '?']))
    {
        for hidden in 0..lines.len() {
            let mut rest = lines.clone();
            rest.remove(hidden);
            let mismatches = compared(&rest, &codes, &expected).mismatches;
            assert!(mismatches.is_empty(), "{answers}: {lines:?} {mismatches:?}");
        }
    }
}
