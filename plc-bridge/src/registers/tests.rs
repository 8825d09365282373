use proptest::prelude::*;

use super::*;
use line::config::{FallBack, ItemCodeKind};
use line::item_code::ItemCodeError;
use line::protocol::Check;

fn any_eye() -> impl Strategy<Value = Option<Eye>> {
    prop_oneof![
        Just(None),
        Just(Some(Eye::Entry)),
        Just(Some(Eye::Exit)),
        any::<u8>().prop_map(|lane| Some(Eye::Lane(lane))),
        any::<u8>().prop_map(|number| Some(Eye::Mid(number))),
    ]
}

fn any_order() -> impl Strategy<Value = Order> {
    let words = prop_oneof![Just(WordOrder::HighFirst), Just(WordOrder::LowFirst)];
    let bytes = prop_oneof![Just(ByteOrder::HighFirst), Just(ByteOrder::LowFirst)];
    (words, bytes).prop_map(|(words, bytes)| Order { words, bytes })
}

fn any_event() -> impl Strategy<Value = LineEvent> {
    (any_eye(), any::<[bool; 2]>(), any::<u16>(), any::<u32>()).prop_map(
        |(eye, way, acquisition, encoder)| LineEvent {
            eye,
            trailing: way[0],
            backward: way[1],
            acquisition,
            encoder,
        },
    )
}

fn any_version() -> impl Strategy<Value = MapVersion> {
    prop_oneof![Just(MapVersion::V2), Just(MapVersion::V3)]
}

fn any_kind() -> impl Strategy<Value = ItemCodeKind> {
    prop_oneof![Just(ItemCodeKind::Ascii), Just(ItemCodeKind::Number)]
}

fn any_codes() -> impl Strategy<Value = CodeBlock> {
    let told = (any::<[u16; 2]>(), any::<u32>(), any::<[u16; 8]>()).prop_map(
        |([acquisition, number], encoder, words)| ToldCode { acquisition, encoder, words, number },
    );
    (any::<[u16; 2]>(), prop::array::uniform8(told))
        .prop_map(|([plc_boot, code_head], codes)| CodeBlock { plc_boot, code_head, codes })
}

fn any_status() -> impl Strategy<Value = Status> {
    let events = prop::array::uniform16(any_event());
    (any::<[u16; 6]>(), any::<[bool; 9]>(), any::<u32>(), events, any_version()).prop_map(
        |(words, bits, encoder, events, version)| Status {
            version,
            heartbeat: words[0],
            plc_boot: words[1],
            belt_running: bits[0],
            bridge_lost: bits[1],
            stopped_for_item: bits[2],
            capabilities: Capabilities {
                trailing_edges: bits[3],
                direction: bits[4],
                stops_belt: bits[5],
                obeys_blind: bits[6],
                run_signal: bits[7],
                item_codes: bits[8] && version == MapVersion::V3,
            },
            encoder,
            sequence_echo: words[2],
            result_taken: words[3],
            event_overruns: words[4],
            event_head: words[5],
            events,
        },
    )
}

fn any_command() -> impl Strategy<Value = Command> {
    let results = prop::array::uniform8(any::<[u16; 4]>());
    (any::<[u16; 9]>(), any::<[bool; 8]>(), results, any_version()).prop_map(
        |(words, bits, results, version)| Command {
            version,
            heartbeat: words[0],
            inspector_alive: bits[0],
            inspector_ready: bits[1],
            fall_back_in_effect: bits[2],
            result_overrun: bits[3],
            results_valid: bits[4],
            direct: bits[5],
            blind: match (bits[6], bits[7]) {
                (true, _) => BlindOrder::Stop,
                (false, true) => BlindOrder::Divert,
                (false, false) => BlindOrder::None,
            },
            bridge_boot: words[1],
            event_taken: words[2],
            result_head: words[3],
            own_fall_back: OwnFallBack(words[5]),
            cause: words[6],
            outputs: words[7],
            items: words[8],
            results: results.map(|[acquisition, lane, reasons, source]| PlcResult {
                acquisition,
                lane,
                reasons,
                source,
            }),
            sequence: words[4],
        },
    )
}

proptest! {
    #[test]
    fn a_status_block_survives_the_wire(status in any_status(), order in any_order()) {
        prop_assert_eq!(Status::decode(&status.encode(order), order), Ok(status));
    }

    #[test]
    fn a_command_block_survives_the_wire(command in any_command(), order in any_order()) {
        prop_assert_eq!(Command::decode(&command.encode(order), order), Ok(command));
    }

    #[test]
    fn a_code_block_survives_the_wire(codes in any_codes(), order in any_order(), kind in any_kind()) {
        prop_assert_eq!(CodeBlock::decode(&codes.encode(order, kind), order, kind), Ok(codes));
    }

    /// A code that is cut, mirrored or read as another kind on its way would show here.
    #[test]
    fn what_a_plc_writes_as_a_code_is_read_as_it(text in "[!-~]([ -~]{0,14}[!-~])?", number in 1..=u64::MAX) {
        for (kind, code) in [(ItemCodeKind::Ascii, text), (ItemCodeKind::Number, number.to_string())] {
            let words = code_words(kind, &code).expect("there is room");
            let told = ToldCode { words, ..ToldCode::default() };
            prop_assert_eq!(told.code(kind).map(|read| read.to_string()), Ok(code));
        }
    }
}

#[test]
fn the_registers_stand_where_the_page_says() {
    let mut status = Status { encoder: 0x0102_0304, event_head: 1, ..Status::default() };
    status.events[slot(1, EVENT_RING)] = LineEvent {
        eye: Some(Eye::Lane(7)),
        backward: true,
        encoder: 0xAABB_CCDD,
        ..LineEvent::default()
    };
    let words = status.encode(Order::default());
    assert_eq!(words.len(), 75);
    assert_eq!(words[5..7], [0x0102, 0x0304]);
    assert_eq!(words[15..19], [0x4307, 0, 0xAABB, 0xCCDD]);

    let command = Command { sequence: 9, result_overrun: true, ..Command::default() };
    let words = command.encode(Order::default());
    assert_eq!((words.len(), words[2], words[42]), (43, 0b1000, 9));
}

#[test]
fn a_plc_that_keeps_halves_and_bytes_the_other_way_round_is_understood() {
    let status = Status { encoder: 0x0102_0304, heartbeat: 0x0506, ..Status::default() };
    let words = WordOrder::LowFirst;
    let low_first = status.encode(Order { words, ..Order::default() });
    assert_eq!((low_first[1], &low_first[5..7]), (0x0506, &[0x0304, 0x0102][..]));
    let both = status.encode(Order { words, bytes: ByteOrder::LowFirst });
    assert_eq!((both[1], &both[5..7]), (0x0605, &[0x0403, 0x0201][..]));
    let error = Status::decode(&both, Order::default()).unwrap_err();
    assert_eq!(error, DecodeError::ByteOrder { block: "status" });
}

#[test]
fn a_number_has_its_words_in_the_order_of_the_plc() {
    let number = 0x0001_0002_0003_0004_u64.to_string();
    let words = code_words(ItemCodeKind::Number, &number).expect("a number");
    let mut codes = CodeBlock::default();
    codes.codes[1] = ToldCode { acquisition: 9, encoder: 0x0506_0708, words, number: 1 };
    let in_slot = |order| codes.encode(order, ItemCodeKind::Number)[15..27].to_vec();
    let usual = [9, 0x0506, 0x0708, 1, 2, 3, 4, 0, 0, 0, 0, 1];
    assert_eq!(in_slot(Order::default()), usual);
    let low_first = Order { words: WordOrder::LowFirst, ..Order::default() };
    assert_eq!(in_slot(low_first), [9, 0x0708, 0x0506, 4, 3, 2, 1, 0, 0, 0, 0, 1]);
    let text = codes.encode(low_first, ItemCodeKind::Ascii)[18..22].to_vec();
    assert_eq!(text, [1, 2, 3, 4], "a text is no number");
}

#[test]
fn a_text_begins_in_the_high_byte_and_ends_with_its_padding() {
    let words = code_words(ItemCodeKind::Ascii, "AB-7").expect("there is room");
    assert_eq!(words, [0x4142, 0x2d37, 0, 0, 0, 0, 0, 0]);
    assert_eq!(code_words(ItemCodeKind::Ascii, "SEVENTEEN LETTERS"), None);
    assert_eq!(code_words(ItemCodeKind::Number, "AB-7"), None);
    let behind = ToldCode { words: [0, 0, 0, 5, 0x4142, 0, 0, 0], ..ToldCode::default() };
    assert_eq!(behind.code(ItemCodeKind::Number), Err(CodeFault::NoNumber), "a text, perhaps");
    let empty = Err(CodeFault::NoCode(ItemCodeError::Empty));
    assert_eq!(ToldCode::default().code(ItemCodeKind::Ascii), empty);
    assert_eq!(ToldCode::default().code(ItemCodeKind::Number), empty);
}

#[test]
fn a_plc_of_version_2_is_read_and_answered_in_its_own_version() {
    let capabilities = Capabilities { item_codes: true, ..Capabilities::default() };
    let status = Status { version: MapVersion::V2, capabilities, ..Status::default() };
    let words = status.encode(Order::default());
    let read = Status::decode(&words, Order::default()).expect("the bridge speaks version 2");
    assert_eq!(read.version, MapVersion::V2);
    assert!(!read.capabilities.item_codes, "bit 5 meant nothing in version 2");
    let command = Command { version: MapVersion::V2, ..Command::default() };
    assert_eq!(command.encode(Order::default())[0], 2);
    let mut codes = CodeBlock::default().encode(Order::default(), ItemCodeKind::Ascii);
    codes[0] = 2;
    let error = CodeBlock::decode(&codes, Order::default(), ItemCodeKind::Ascii).unwrap_err();
    assert_eq!(error, DecodeError::MapVersion { block: "code", got: 2 });
}

#[test]
fn the_fall_back_of_each_diverter_has_its_two_bits() {
    let all = [FallBack::Divert, FallBack::Pass, FallBack::Stop];
    let own = OwnFallBack::of(all.into_iter());
    assert_eq!(own.0, 0b10_00_01);
    assert_eq!([0, 1, 2].map(|index| own.diverter(index)), all);
}

#[test]
fn a_block_of_another_version_is_refused_by_name() {
    let error = Status::decode(&[0; STATUS_LEN], Order::default()).unwrap_err();
    assert_eq!(error, DecodeError::MapVersion { block: "status", got: 0 });
    assert!(error.to_string().contains("base address"), "{error}");
}

#[test]
fn a_block_of_another_length_is_refused_by_name() {
    let error = Command::decode(&[MAP_VERSION; 3], Order::default()).unwrap_err();
    let expected = DecodeError::Length { block: "command", expected: COMMAND_LEN, got: 3 };
    assert_eq!(error, expected);
}

#[test]
fn an_eye_that_the_map_does_not_have_is_refused_with_its_slot() {
    let mut words = Status::default().encode(Order::default());
    words[11 + 4 * 5] = 0x0900;
    assert_eq!(
        Status::decode(&words, Order::default()),
        Err(DecodeError::Eye { slot: 5, code: 9 })
    );
}

#[test]
fn each_check_has_its_bit() {
    assert_eq!(reason_bits(&[Check::Damage, Check::Hold]), 0b1001);
    assert_eq!(reason_bits(&[Check::Identity, Check::Label]), 0b0110);
}

#[test]
fn the_page_in_the_repository_is_the_page_in_the_code() {
    let kept = include_str!("../../REGISTERS.md");
    assert_eq!(kept, page(), "print it anew: cargo run -p plc-bridge -- --registers");
}
