//! Formats there and back, places, codes as witnesses, and text of any kind.

use super::table_tests::{TODAY, lines_of, written};
use super::*;
use crate::gs1::Elements;
use crate::table::{FORMATS, Format, LANGUAGES, MONTH_SYMBOLS, Order};
use proptest::prelude::*;

const EUROPE: Context = Context { region: Region::Europe, today: TODAY };

fn read(text: &str, region: Region) -> String {
    written(&find_dates(&lines_of(text), &Context { region, today: TODAY }))
}

/// The region whose own order a format has.
fn region_of(format: &Format) -> Region {
    match format.order {
        Order::Ymd => Region::EastAsia,
        Order::Mdy => Region::UnitedStates,
        Order::Dmy | Order::My | Order::Y | Order::Julian => Region::Europe,
    }
}

/// `date` in a format, with `separator` and the month's `name`.
fn print(format: &Format, date: Date, separator: char, name: &str) -> String {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let part = |part: &Part| match *part {
        Part::D | Part::Dd => format!("{day:02}"),
        Part::M | Part::Mm => format!("{month:02}"),
        Part::Yyyy => format!("{year}"),
        Part::Yy => format!("{:02}", year % 100),
        Part::Y => format!("{}", year % 10),
        Part::Ddd => format!("{:03}", date.day_of_year()),
        Part::Era => format!("令和{}", year - 2018),
        Part::EraLetter => format!("R{}", year - 2018),
        Part::Republic => format!("{}", year - 1911),
        Part::Reiwa => format!("{}", year - 2018),
        Part::Name => name.to_owned(),
        Part::Roman => roman(month).to_owned(),
        Part::Symbol => MONTH_SYMBOLS[usize::from(month.unsigned_abs()) - 1].to_uppercase(),
        Part::Sep => separator.to_string(),
        Part::Gap if format.parts.iter().any(|part| matches!(part, Part::Sign(_))) => String::new(),
        Part::Gap => " ".to_owned(),
        Part::Sign(sign) => sign.to_string(),
    };
    format.parts.iter().map(part).collect()
}

fn roman(month: i8) -> &'static str {
    let numbers = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    numbers[usize::from(month.unsigned_abs()) - 1]
}

/// Every name of a month in every language that means this month whatever stands around it.
fn names(month: i8) -> Vec<&'static str> {
    let decided = |name: &&str| {
        let lines = [TextLine::level(name, 0.0, 0.0, 10.0)];
        let read = rows(&lines).first().and_then(|row| names::name_at(row, 0));
        read.is_some_and(|read| read.month == Some(month))
    };
    let lists = LANGUAGES.iter().map(|one| one.months[usize::from(month.unsigned_abs()) - 1]);
    let all = lists.flat_map(|list| list.split(", ")).map(|name| name.trim_end_matches('.'));
    all.filter(decided).collect()
}

/// A word for the expiry beside which a format is believed.
fn word(format: &Format) -> &'static str {
    match format.parts[0] {
        Part::Republic => "有效日期",
        Part::Reiwa | Part::EraLetter => "賞味期限",
        _ => "EXP",
    }
}

#[test]
fn the_example_of_each_format_is_what_the_format_prints() {
    let date = jiff::civil::date(2026, 5, 13);
    for format in FORMATS {
        let separator = format.example.chars().find(|c| ".-/".contains(*c)).unwrap_or('.');
        let printed = print(format, date, separator, "MAY");
        let plain = |text: &str| {
            text.replace([' ', ','], "").replace("令和", "R").replace("月0", "月").to_uppercase()
        };
        let (printed, example) = (plain(&printed), plain(format.example));
        let unpadded = printed.replace("年05", "年5").replace(".05", ".5").replace("05月", "5月");
        assert!(printed == example || unpadded == example, "{printed} {example}");
    }
}

proptest! {
    #[test]
    fn a_date_printed_in_any_format_is_read_back(
        days in -700i64..900,
        format in 0..FORMATS.len(),
        separator in prop::sample::select(vec!['.', '/', '-', ' ', '·']),
        name in any::<prop::sample::Index>(),
        upper in any::<bool>(),
    ) {
        let format = &FORMATS[format];
        let date = TODAY.checked_add(jiff::Span::new().days(days)).unwrap();
        let month = names(date.month());
        let name = month[name.index(month.len())];
        let name = if upper { name.to_uppercase() } else { name.to_owned() };
        let glued = format.parts == [Part::Name, Part::Dd, Part::Yy];
        prop_assume!(!glued || !name.ends_with(|c: char| c.is_ascii_digit()));
        let printed = print(format, date, separator, &name);
        let region = region_of(format);
        let text = format!("{} {printed}", word(format));
        let reads = find_dates(&lines_of(&text), &Context { region, today: TODAY });
        prop_assert_eq!(reads.len(), 1, "{} {}", text, written(&reads));
        let read = &reads[0];
        prop_assert_eq!(read.role, Role::Expiry, "{}", &text);
        prop_assert_eq!(&read.text, &printed);
        // What is not printed is not read; what is ambiguous is left open; nothing else is read instead.
        prop_assert!(read.year.is_none_or(|year| year == date.year()), "{} {}", text, written(&reads));
        if format.order == Order::Y {
            prop_assert_eq!((read.year, read.month, read.day), (Some(date.year()), None, None), "{}", &text);
            return Ok(());
        }
        if format.parts == [Part::Ddd] {
            // Day 60 is 29 February or 1 March: without a year, the leap year is a guess by one day.
            let (month, day) = (read.month.unwrap_or(0), read.day.unwrap_or(0));
            let of_year = Date::new(2024, month, day).map_or(0, |date| date.day_of_year());
            prop_assert!((of_year - date.day_of_year()).abs() <= 1, "{} {}", text, written(&reads));
            return Ok(());
        }
        prop_assert!(read.month.is_none_or(|month| month == date.month()), "{} {}", text, written(&reads));
        prop_assert!(read.day.is_none_or(|day| day == date.day()), "{} {}", text, written(&reads));
        // Day 20 with a year's last digits is a year: `MAY2026`.
        let year = glued && date.day() == 20;
        let open = year || region == Region::UnitedStates && format.parts.len() < 5
            || format.parts[0] == Part::Reiwa;
        if !open {
            prop_assert!(read.month.is_some(), "{} {}", text, written(&reads));
            let has = |parts: &[Part]| format.parts.iter().any(|part| parts.contains(part));
            prop_assert_eq!(read.day.is_some(), has(&[Part::D, Part::Dd, Part::Ddd]), "{}", &text);
            prop_assert_eq!(read.year.is_some(), has(&[Part::Yyyy, Part::Yy, Part::Y, Part::Era, Part::EraLetter, Part::Republic]), "{}", &text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        lines in prop::collection::vec("\\PC{0,30}", 0..6),
        places in prop::collection::vec(prop::array::uniform4(prop::array::uniform2(any::<f32>())), 6),
        region in prop::sample::select(vec![Region::Europe, Region::EastAsia, Region::Unspecified]),
    ) {
        let lines: Vec<TextLine> = lines
            .into_iter()
            .zip(places)
            .map(|(text, corners)| TextLine { text, corners, confidence: 0.5 })
            .collect();
        for date in find_dates(&lines, &Context { region, today: TODAY }) {
            prop_assert!(date.month.is_none_or(|month| (1..=12).contains(&month)));
            prop_assert!(!date.text.is_empty() && !date.reason.is_empty());
        }
    }
}

#[test]
fn a_date_stands_where_its_characters_stand() {
    let lines = [TextLine::level("Use by 16 NOV 11:19", 10.0, 20.0, 10.0)];
    let reads = find_dates(&lines, &EUROPE);
    let corners = reads[0].corners.map(|corner| corner.map(f32::round));
    assert_eq!(reads[0].text, "16 NOV");
    assert_eq!(corners, [[52.0, 20.0], [88.0, 20.0], [88.0, 30.0], [52.0, 30.0]]);
}

#[test]
fn reasons_name_the_words_and_the_reading() {
    let reads = find_dates(&lines_of("Use by|16 NOV"), &EUROPE);
    assert_eq!(
        reads[0].reason,
        "\"Use by\" stands above it; read as day, month; no year is printed"
    );
    let reads = find_dates(&lines_of("BB 04/05/26"), &EUROPE);
    assert_eq!(
        reads[0].reason,
        "\"BB\" stands before it; read as day, month, year, by the region's order; 26 is taken for 2026"
    );
    let reads = find_dates(&lines_of("BB (MM/DD/YYYY) 04/05/2026"), &EUROPE);
    assert_eq!(
        reads[0].reason,
        "\"BB\" stands before it; read as month, day, year, as the label says of its dates"
    );
    let two = find_dates(&lines_of("05.01.2026|05.01.2027"), &EUROPE);
    assert!(two[0].reason.contains("may be the date of manufacture"), "{}", two[0].reason);
    assert!(two[1].reason.contains("may be the expiry"), "{}", two[1].reason);
    assert!(two.iter().all(|date| date.role == Role::Unknown));
}

#[test]
fn a_label_that_lies_askew_is_read_as_a_level_one() {
    let turned = |line: TextLine, degrees: f32| {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let corners = line.corners.map(|[x, y]| [x * cos - y * sin, x * sin + y * cos]);
        TextLine { corners, ..line }
    };
    for degrees in [-170.0, -90.0, -20.0, 15.0, 45.0, 90.0, 180.0] {
        let lines: Vec<TextLine> = lines_of("Verw.bis: ¦ 12.2082|Use by|16¬NOV|Keep refrigerated")
            .into_iter()
            .map(|line| turned(line, degrees))
            .collect();
        assert_eq!(
            written(&find_dates(&lines, &EUROPE)),
            "expiry 2082-12-?; expiry ?-11-16",
            "{degrees}"
        );
    }
}

#[test]
fn a_code_gives_its_role_to_the_same_date_in_print() {
    let codes = [Elements::parse("(11)250513(17)270513").unwrap()];
    let lines = lines_of("13.05.2025|13.05.2027|01.01.2026");
    let reads = dates_with(&lines, &codes, &EUROPE);
    assert_eq!(written(&reads), "manufacture 2025-05-13; expiry 2027-05-13; unknown 2026-01-01");
    assert!(
        reads[1].reason.starts_with("GS1 (17), expiry date gives this date"),
        "{}",
        reads[1].reason
    );
    let month = dates_with(&lines_of("05/2027"), &codes, &EUROPE);
    assert_eq!(written(&month), "expiry 2027-05-?");
    // What words say stands, whatever the code says.
    assert_eq!(
        written(&dates_with(&lines_of("MFG 13.05.2027"), &codes, &EUROPE)),
        "manufacture 2027-05-13"
    );
}

#[test]
fn the_dates_of_a_code_have_roles_by_their_identifiers() {
    let code = Elements::parse("(11)250513(16)260101(15)260500").unwrap();
    let reads = from_gs1(&code, [[0.0; 2]; 4], TODAY);
    assert_eq!(written(&reads), "expiry 2026-05-?; manufacture 2025-05-13; unknown 2026-01-01");
}

#[test]
fn without_a_region_a_date_is_open_only_where_it_is_ambiguous() {
    assert_eq!(read("EXP 13.05.2026", Region::Unspecified), "expiry 2026-05-13");
    assert_eq!(read("EXP 05.05.2026", Region::Unspecified), "expiry 2026-05-05");
    assert_eq!(read("EXP 04.05.2026", Region::Unspecified), "expiry 2026-?-?");
    assert_eq!(read("EXP 04 MAY 2026", Region::Unspecified), "expiry 2026-05-04");
}
