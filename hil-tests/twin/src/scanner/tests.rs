use super::*;

fn section(more: &str) -> ScannerSection {
    let text = format!("name = \"portal\"\nsource = \"tcp://a:1\"\nposition_mm = 200\n{more}");
    toml::from_str(&text).unwrap()
}

fn item(number: u64) -> NewItem {
    NewItem {
        sku: if number.is_multiple_of(2) { "korall-tea".into() } else { "a".into() },
        lot: None,
        length_mm: 110.0,
        defect: None,
        look: 0,
        code: None,
        laid: None,
    }
}

/// Items 300 mm apart on a belt at 200 mm/s; what was sent, with its time in ms, and what is true.
fn run(faults: &str, more: &str, seed: u64, items: u64) -> (Vec<(u64, String)>, Vec<ScanTruth>) {
    let faults = faults.parse().unwrap();
    let mut scanner = Scanner::new(&section(more), faults, seed, carton_code);
    let all: Vec<NewItem> = (0..=items).map(item).collect();
    let (mut sent, mut truths) = (Vec::new(), Vec::new());
    for at in (0..items * 1500 + 6000).step_by(10) {
        let position = |number: u64| at as f64 * 0.2 - 300.0 * number as f64;
        let on_belt = (1..=items).filter(|number| (-150.0..900.0).contains(&position(*number)));
        let passing = on_belt.map(|number| Passing {
            number,
            position_mm: position(number),
            what: &all[number as usize],
        });
        scanner.look(Duration::from_millis(at), passing);
        let due = scanner.due(Duration::from_millis(at)).into_iter();
        sent.extend(due.map(|bytes| (at, String::from_utf8(bytes).unwrap())));
        truths.extend(scanner.take_truths());
    }
    (sent, truths)
}

#[test]
fn each_item_is_read_once_where_it_stands_before_the_scanner() {
    let (sent, truths) = run("", "latency_ms = 50", 1, 20);
    assert_eq!((sent.len(), truths.len()), (20, 20));
    for ((at, message), number) in sent.iter().zip(1..) {
        let code = carton_code(&item(number)).unwrap();
        assert_eq!(*message, format!("]E0{code}\r\n"));
        let position = (at - 50) as f64 * 0.2 - 300.0 * number as f64;
        assert!((position - 200.0).abs() <= SPREAD_MM + 2.0, "{position}");
    }
    assert!(truths.iter().all(|truth| truth.kind == ScanKind::Read && truth.text == truth.bears));
}

#[test]
fn faults_come_at_their_rates_and_the_same_seed_gives_the_same() {
    let faults = "misread=0.1,late=0.1,no_read=0.2,double=0.1,silent=0.1";
    let (sent, truths) = run(faults, "no_read = \"NR\"", 7, 2000);
    let share = |kind| truths.iter().filter(|t| t.kind == kind).count() as f64 / 2000.0;
    for (kind, rate) in [
        (ScanKind::Misread, 0.1),
        (ScanKind::Late, 0.1),
        (ScanKind::NoRead, 0.2),
        (ScanKind::Double, 0.1),
        (ScanKind::Silent, 0.1),
        (ScanKind::Read, 0.4),
    ] {
        // Four standard deviations of 2,000 draws at 0.4.
        assert!((share(kind) - rate).abs() < 0.044, "{kind:?}: {}", share(kind));
    }
    assert!(sent.iter().any(|(_, message)| message == "NR\r\n"));
    assert_eq!(run(faults, "no_read = \"NR\"", 7, 50), run(faults, "no_read = \"NR\"", 7, 50));
}

#[test]
fn a_misread_is_another_valid_code() {
    let valid = |code: &str| {
        let weigh = |(digit, weight): (u8, u32)| u32::from(digit - b'0') * weight;
        code.bytes().rev().zip([1, 3].into_iter().cycle()).map(weigh).sum::<u32>() % 10 == 0
    };
    let (_, truths) = run("misread=1", "", 3, 30);
    for truth in truths {
        let (text, bears) = (truth.text.unwrap(), truth.bears.unwrap());
        assert!(text != bears && text.len() == 13 && valid(&text), "{text} for {bears}");
    }
}

#[test]
fn late_and_double_messages_come_so() {
    let (sent, _) = run("late=1,late_ms=400", "", 3, 10);
    for ((at, _), number) in sent.iter().zip(1..) {
        let position = *at as f64 * 0.2 - 300.0 * f64::from(number);
        assert!(position > 200.0 - SPREAD_MM + 0.2 * 100.0, "{position}");
    }
    let (sent, truths) = run("double=1", "", 3, 10);
    assert_eq!((sent.len(), truths.len()), (20, 10));
}

#[test]
fn messages_are_framed_as_the_line_file_says() {
    let keys = "framing = \"stx_etx\"\nprefix = \"<\"\nsuffix = \">\"\nno_read = \"NR\"";
    let (sent, _) = run("no_read=1", keys, 1, 1);
    assert_eq!(sent[0].1, "\x02<NR>\x03");
    let (sent, _) = run("no_read=1", "", 1, 3);
    assert!(sent.is_empty(), "a scanner without a message for that is silent");
}

#[test]
fn a_fault_that_does_not_exist_and_shares_beyond_all_are_refused() {
    for (text, words) in [
        ("missread=0.1", "no fault `missread`"),
        ("late", "has no number"),
        ("late=0.6,double=0.6", "together not above 1"),
        ("late=-1", "between 0 and 1"),
    ] {
        let error = text.parse::<ScannerFaults>().unwrap_err();
        assert!(error.contains(words), "{text}: {error}");
    }
}
