use std::path::PathBuf;

use embedded_hal::i2c::ErrorKind;
use embedded_hal_mock::eh1::i2c::{Mock, Transaction};

use super::*;
use line::config::io::DimmerPoint;

const LIGHT: u8 = 0x40;
const SENSOR: u8 = 0x45;

fn section() -> DimmerSection {
    DimmerSection {
        bus: PathBuf::from("/dev/i2c-of-another-box"),
        address: LIGHT,
        channel: 2,
        sensor_address: SENSOR,
        target: vec![
            DimmerPoint { lux: 0.0, percent: 100.0 },
            DimmerPoint { lux: 1000.0, percent: 0.0 },
        ],
        hysteresis_percent: 0.0,
        slew_percent_s: 1000.0,
    }
}

/// The PWM chip is set to its fastest PWM while it still sleeps.
fn starts() -> Transaction {
    Transaction::write(LIGHT, vec![0xfe, 3])
}

/// The PWM chip is woken and its channel 2 goes off after `steps`.
fn shines(steps: u16, is_first: bool) -> Vec<Transaction> {
    let [high, low] = steps.to_be_bytes();
    // MODE1: all-call, and auto-increment once the driver has set it.
    let mut writes =
        vec![Transaction::write(LIGHT, vec![0x00, if is_first { 0x01 } else { 0x21 }])];
    if is_first {
        writes.push(Transaction::write(LIGHT, vec![0x00, 0x21]));
    }
    writes.push(Transaction::write(LIGHT, vec![0x0e, 0, 0, low, high]));
    writes
}

/// One measurement is begun.
fn measures() -> Transaction {
    Transaction::write(SENSOR, vec![0x01, 0xca, 0x10])
}

/// The measurement is ready, and is this: exponent and mantissa, 0.01 lux.
fn measured(raw: u16) -> [Transaction; 2] {
    let [high, low] = raw.to_be_bytes();
    [
        Transaction::write_read(SENSOR, vec![0x01], vec![0xca, 0x90]),
        Transaction::write_read(SENSOR, vec![0x00], vec![high, low]),
    ]
}

#[test]
fn the_light_is_set_by_what_the_sensor_measures() {
    let mut light_says = vec![starts()];
    light_says.extend(shines(2048, true));
    light_says.extend(shines(2048, false));
    let mut light = Mock::new(&light_says);
    let mut sensor_says = vec![measures()];
    // 0.01 lux × 2^5 × 1562 or so: 500 lux.
    sensor_says.extend(measured(5 << 12 | 1562));
    sensor_says.push(measures());
    let mut sensor = Mock::new(&sensor_says);

    let mut dimmer =
        Dimmer::new(section(), light.clone(), sensor.clone()).expect("the mock answers");
    assert_eq!(dimmer.step(STEP).expect("the mocks answer"), None, "no measurement yet");
    for _ in 0..2 {
        let percent = dimmer.step(STEP).expect("the mocks answer").expect("there was one");
        assert!((percent - 50.0).abs() < 0.1, "{percent}");
    }
    light.done();
    sensor.done();
}

#[test]
fn bright_ambient_light_puts_the_light_out_completely() {
    let mut light = Mock::new(&[
        starts(),
        Transaction::write(LIGHT, vec![0x00, 0x01]),
        Transaction::write(LIGHT, vec![0x00, 0x21]),
        Transaction::write(LIGHT, vec![0x10, 0x00, 0x10]),
    ]);
    let mut sensor_says = vec![measures()];
    sensor_says.extend(measured(0xb << 12 | 0xfff));
    let mut sensor = Mock::new(&sensor_says);
    let mut dimmer =
        Dimmer::new(section(), light.clone(), sensor.clone()).expect("the mock answers");
    dimmer.step(STEP).expect("the mocks answer");
    assert_eq!(dimmer.step(STEP).expect("the mocks answer"), Some(0.0));
    light.done();
    sensor.done();
}

#[test]
fn a_chip_that_does_not_answer_is_named_with_its_key() {
    let mut light = Mock::new(&[starts().with_error(ErrorKind::Other)]);
    let mut nothing = Mock::new(&[]);
    let error = Dimmer::new(section(), light.clone(), nothing.clone()).map(|_| ());
    let message = error.expect_err("the mock refuses").to_string();
    assert!(message.contains("io.dimmer.address") && message.contains("64"), "{message}");
    light.done();
    nothing.done();

    let mut light = Mock::new(&[starts()]);
    let mut sensor = Mock::new(&[measures().with_error(ErrorKind::Other)]);
    let mut dimmer =
        Dimmer::new(section(), light.clone(), sensor.clone()).expect("the mock answers");
    let message = dimmer.step(STEP).expect_err("the mock refuses").to_string();
    assert!(message.contains("io.dimmer.sensor_address") && message.contains("69"), "{message}");
    light.done();
    sensor.done();
}

#[test]
fn a_bus_that_is_not_there_is_named_and_its_thread_still_ends() {
    let error = open(&section()).map(|_| ()).expect_err("there is no such bus");
    let message = error.to_string();
    assert!(message.contains("/dev/i2c-of-another-box"), "{message}");
    assert!(message.contains("i2cdetect -l"), "{message}");

    let (done, ended) = mpsc::channel();
    let thread =
        DimmerThread::start(section(), Log::with_room(4).0).expect("the system starts a thread");
    std::thread::spawn(move || {
        drop(thread);
        done.send(()).expect("the test waits");
    });
    ended.recv_timeout(Duration::from_secs(20)).expect("it ends when it is dropped");
}
