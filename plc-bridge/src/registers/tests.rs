use proptest::prelude::*;

use super::*;

fn any_eye() -> impl Strategy<Value = Option<Eye>> {
    prop_oneof![
        Just(None),
        Just(Some(Eye::Entry)),
        Just(Some(Eye::Exit)),
        any::<u8>().prop_map(|lane| Some(Eye::Lane(lane))),
    ]
}

fn any_event() -> impl Strategy<Value = LineEvent> {
    (any_eye(), any::<u16>(), any::<u32>()).prop_map(|(eye, acquisition, encoder)| LineEvent {
        eye,
        acquisition,
        encoder,
    })
}

fn any_status() -> impl Strategy<Value = Status> {
    (any::<[u16; 6]>(), any::<[bool; 2]>(), any::<u32>(), prop::array::uniform8(any_event()))
        .prop_map(|(words, bits, encoder, events)| Status {
            heartbeat: words[0],
            plc_boot: words[1],
            belt_running: bits[0],
            bridge_lost: bits[1],
            encoder,
            sequence_echo: words[2],
            result_taken: words[3],
            event_overruns: words[4],
            event_head: words[5],
            events,
        })
}

fn any_command() -> impl Strategy<Value = Command> {
    (any::<[u16; 5]>(), any::<[bool; 4]>(), prop::array::uniform8(any::<[u16; 4]>())).prop_map(
        |(words, bits, results)| Command {
            heartbeat: words[0],
            inspector_alive: bits[0],
            inspector_ready: bits[1],
            fall_back_in_effect: bits[2],
            result_overrun: bits[3],
            bridge_boot: words[1],
            event_taken: words[2],
            result_head: words[3],
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
    fn a_status_block_survives_the_wire(status in any_status()) {
        prop_assert_eq!(Status::decode(&status.encode()), Ok(status));
    }

    #[test]
    fn a_command_block_survives_the_wire(command in any_command()) {
        prop_assert_eq!(Command::decode(&command.encode()), Ok(command));
    }
}

#[test]
fn the_registers_stand_where_the_page_says() {
    let mut status = Status { encoder: 0x0102_0304, event_head: 1, ..Status::default() };
    status.events[slot(1)] =
        LineEvent { eye: Some(Eye::Lane(7)), acquisition: 0, encoder: 0xAABB_CCDD };
    let words = status.encode();
    assert_eq!(words.len(), 42);
    assert_eq!(words[4..6], [0x0102, 0x0304]);
    assert_eq!(words[14..18], [0x0307, 0, 0xAABB, 0xCCDD]);

    let words = Command { sequence: 9, result_overrun: true, ..Command::default() }.encode();
    assert_eq!((words.len(), words[2], words[38]), (39, 0b1000, 9));
}

#[test]
fn a_block_of_another_version_is_refused_by_name() {
    let error = Status::decode(&[0; STATUS_LEN]).unwrap_err();
    assert_eq!(error, DecodeError::MapVersion { block: "status", got: 0 });
    assert!(error.to_string().contains("base address"), "{error}");
}

#[test]
fn a_block_of_another_length_is_refused_by_name() {
    let error = Command::decode(&[MAP_VERSION; 3]).unwrap_err();
    let expected = DecodeError::Length { block: "command", expected: COMMAND_LEN, got: 3 };
    assert_eq!(error, expected);
}

#[test]
fn an_eye_that_the_map_does_not_have_is_refused_with_its_slot() {
    let mut words = Status::default().encode();
    words[10 + 4 * 5] = 0x0900;
    assert_eq!(Status::decode(&words), Err(DecodeError::Eye { slot: 5, code: 9 }));
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
