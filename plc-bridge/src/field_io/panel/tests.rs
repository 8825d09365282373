use embedded_hal_mock::eh1::digital::{Mock, Transaction};

use super::super::output::tests::expecting;
use super::*;
use crate::registers::{CAUSE_NO_VERDICT, EVENT_RING, Eye, LineEvent, slot};
use line::line_file::parse;

const LINE: &str = r#"
[line]
name = "line with a PLC"
sku = "carton"
[conveyor]
mm_per_count = 0.5
nominal_speed_mm_s = 300
exit_eye_mm = 1500
[[conveyor.diverter]]
lane = 1
commit_point_mm = 900
lane_eye_mm = 1200
diverter_mm = 1000
[plc]
mode = "direct"
address = "127.0.0.1:1502"
[io]
chip = "/dev/gpiochip-of-another-box"
[io.strobe]
line = 9
position_mm = 100
"#;

fn config() -> BridgeConfig {
    parse::<BridgeConfig>(LINE).expect("no mistake")
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const WELL: LineHealth = LineHealth { plc_alive: true, blind: false };

fn nothing() -> PanelPins<Mock> {
    PanelPins { lamps: None, watchdog: None, strobe: None, diverters: Vec::new() }
}

fn inspecting() -> Command {
    Command { inspector_alive: true, inspector_ready: true, direct: true, ..Command::default() }
}

#[test]
fn the_state_of_a_cycle_is_read_from_its_two_blocks() {
    let command = Command { cause: CAUSE_NO_VERDICT, outputs: 2, ..inspecting() };
    let status = Status { stopped_for_item: true, ..Status::default() };
    let state = PanelState::of(Some(&command), Some(&status), WELL);
    let line = LineState {
        inspecting: true,
        cause: CAUSE_NO_VERDICT,
        stopped: true,
        ..LineState::default()
    };
    assert_eq!(state, PanelState { line, outputs: Some(2) });

    assert!(PanelState::of(None, None, LineHealth::default()).line.lost);
    let deaf = Status { bridge_lost: true, ..Status::default() };
    assert!(PanelState::of(Some(&command), Some(&deaf), WELL).line.lost);
    let mailbox = Command { direct: false, ..command };
    assert_eq!(PanelState::of(Some(&mailbox), None, WELL).outputs, None);
}

#[test]
fn a_plc_in_stop_that_still_answers_is_lost_and_its_diverters_rest() {
    let command = Command { outputs: 2, ..inspecting() };
    let stopped = LineHealth { plc_alive: false, ..WELL };
    let state = PanelState::of(Some(&command), Some(&Status::default()), stopped);
    assert!(state.line.lost, "red, and the watchdog's line stands still");
    assert_eq!(state.outputs, None);
}

#[test]
fn a_blind_line_is_told_by_the_lamps() {
    let blind = LineHealth { blind: true, ..WELL };
    let state = PanelState::of(Some(&inspecting()), Some(&Status::default()), blind);
    let lamps = |at| StackLight::default().lamps(state.line, ms(at));
    assert_eq!(lamps(0), Lamps { green: false, amber: false, red: true });
    assert_eq!(lamps(500), Lamps::default());
}

#[test]
fn lamps_watchdog_and_diverters_follow_the_state() {
    let mut lamps = [expecting(&[true, false]), expecting(&[false]), expecting(&[false, true])];
    let mut watchdog = expecting(&[false, true]);
    let mut diverter = expecting(&[true, false]);
    let pins = PanelPins {
        lamps: Some(lamps.clone()),
        watchdog: Some(watchdog.clone()),
        diverters: vec![(diverter.clone(), false)],
        ..nothing()
    };
    let mut panel = Panel::with(&config(), pins);
    let command = Command { outputs: 1, ..inspecting() };
    let well = PanelState::of(Some(&command), Some(&Status::default()), WELL);
    panel.show(&well, ms(0)).expect("the mocks take it");
    panel.show(&well, ms(10)).expect("the mocks take it");
    // The PLC is lost: red, the watchdog stands still, and in time the diverter rests.
    for at in [20, 30, 300] {
        panel
            .show(&PanelState::of(None, None, LineHealth::default()), ms(at))
            .expect("the mocks take it");
    }
    lamps.iter_mut().for_each(Mock::done);
    watchdog.done();
    diverter.done();
}

#[test]
fn the_strobe_follows_the_status_block() {
    let mut strobe = expecting(&[false, true, false]);
    let mut panel = Panel::with(&config(), PanelPins { strobe: Some(strobe.clone()), ..nothing() });
    let mut status = Status::default();
    panel.status(&status, ms(0)).expect("the mock takes it");
    status.event_head = 1;
    status.events[slot(1, EVENT_RING)] =
        LineEvent { eye: Some(Eye::Entry), acquisition: 1, encoder: 5, ..LineEvent::default() };
    // 100 mm are 200 counts.
    for (at, encoder) in [(10, 204), (20, 205), (30, 210), (40, 900)] {
        status.encoder = encoder;
        panel.status(&status, ms(at)).expect("the mock takes it");
    }
    strobe.done();
}

#[test]
fn a_broken_lamp_does_not_keep_the_watchdog_from_toggling() {
    let broken = embedded_hal_mock::eh1::MockError::Io(std::io::ErrorKind::BrokenPipe);
    let refuses = || {
        let state = embedded_hal_mock::eh1::digital::State::High;
        Mock::new(&[Transaction::set(state).with_error(broken.clone())])
    };
    let mut lamps = [refuses(), expecting(&[false]), expecting(&[false])];
    let mut watchdog = expecting(&[false]);
    let pins =
        PanelPins { lamps: Some(lamps.clone()), watchdog: Some(watchdog.clone()), ..nothing() };
    let mut panel = Panel::with(&config(), pins);
    let well = PanelState::of(Some(&inspecting()), Some(&Status::default()), WELL);
    panel.show(&well, ms(0)).expect_err("the first lamp refuses");
    lamps.iter_mut().for_each(Mock::done);
    watchdog.done();
}

#[test]
fn a_line_that_names_no_outputs_has_no_panel() {
    let bare = LINE.replace("[io.strobe]\nline = 9\nposition_mm = 100\n", "");
    let config = parse::<BridgeConfig>(&bare).expect("no mistake");
    assert!(Panel::open(&config, &Log::with_room(4).0).expect("nothing is opened").is_none());
}

#[test]
fn a_panel_whose_chip_is_missing_says_so() {
    let error = Panel::open(&config(), &Log::with_room(4).0)
        .map(|_| ())
        .expect_err("there is no such chip");
    assert!(matches!(error, FieldIoError::NoChip { .. }), "{error}");
}

#[test]
fn showing_the_state_allocates_nothing() {
    let pins = PanelPins::<Quiet> {
        lamps: Some([Quiet, Quiet, Quiet]),
        watchdog: Some(Quiet),
        strobe: Some(Quiet),
        diverters: vec![(Quiet, true)],
    };
    let mut panel = Panel::with(&config(), pins);
    let mut status = Status::default();
    let command = Command { cause: CAUSE_NO_VERDICT, ..inspecting() };
    let allocated = allocation_counter::measure(|| {
        for cycle in 1..500u16 {
            status.event_head = cycle;
            status.encoder += 20;
            status.events[slot(cycle, EVENT_RING)] = LineEvent {
                eye: Some(Eye::Entry),
                acquisition: cycle,
                encoder: status.encoder,
                ..LineEvent::default()
            };
            let now = ms(u64::from(cycle) * 10);
            let state = PanelState::of(Some(&command), Some(&status), WELL);
            panel.status(&status, now).and(panel.show(&state, now)).expect("it never fails");
        }
    });
    assert_eq!(allocated.count_total, 0);
}

/// A pin that takes everything.
struct Quiet;

impl embedded_hal::digital::ErrorType for Quiet {
    type Error = std::convert::Infallible;
}

impl OutputPin for Quiet {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}
