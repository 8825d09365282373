//! Cameras from real GStreamer pipelines: times, counters, and sources that come and go.

use std::path::Path;
use std::time::{Duration, Instant};

use base::PixelFormat;
use capture::Camera;
use capture::CameraSection;
use capture::CameraState;
use capture::CaptureError;
use gstreamer as gst;
use gstreamer::prelude::*;
use line::clock::monotonic;

fn section(source: &str) -> CameraSection {
    CameraSection {
        name: "top".into(),
        source: source.into(),
        width_px: 160,
        height_px: 120,
        fps: 25,
        grey_bits: 16,
        position_mm: 100.0,
        tolerance_mm: 40.0,
        latency_ms: 0,
        may_repeat: None,
        ring_frames: 8,
        stall_ms: 1000,
        retry_max_ms: 500,
    }
}

/// Waits until `condition` holds; panics with the camera's state after 20 s.
fn wait_for(camera: &Camera, what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        let (state, counters) = (camera.state(), camera.counters());
        assert!(Instant::now() < deadline, "waited for {what}: {state:?} {counters:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn received(camera: &Camera, at_least: u64) {
    wait_for(camera, "pictures", || camera.counters().received >= at_least);
}

/// Frames are in order, on the host's monotonic clock, and of the stated size.
fn check_frames(camera: &Camera) {
    let mut last = Duration::ZERO;
    for _ in 0..5 {
        let before = camera.counters().received;
        received(camera, before + 1);
        let frame = camera.ring().latest().expect("frames have come");
        let now = monotonic();
        assert!(frame.at > last, "times ascend");
        assert!(frame.at.abs_diff(now) < Duration::from_millis(200), "{:?} {now:?}", frame.at);
        assert_eq!((frame.picture.width(), frame.picture.height()), (160, 120));
        last = frame.at;
    }
    assert_eq!(camera.state(), CameraState::Streaming);
}

#[test]
fn a_raw_pipeline_delivers_frames_on_the_monotonic_clock() {
    let source = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=25/1";
    let camera = Camera::start(section(source)).unwrap();
    check_frames(&camera);
    assert_eq!(camera.ring().latest().unwrap().picture.format(), PixelFormat::Rgb8);
    let counters = camera.counters();
    assert_eq!((counters.errors, counters.reconnects), (0, 0));
}

#[test]
fn a_source_that_is_not_live_is_paced_and_grey_stays_grey() {
    let source = "videotestsrc ! video/x-raw,format=GRAY8,width=320,height=240,framerate=25/1";
    let camera = Camera::start(section(source)).unwrap();
    check_frames(&camera);
    assert_eq!(camera.ring().latest().unwrap().picture.format(), PixelFormat::Grey8);
    let (frames, start) = (camera.counters().received, Instant::now());
    received(&camera, frames + 10);
    assert!(start.elapsed() > Duration::from_millis(200), "ten frames at 25 a second take 0.4 s");
}

/// What a pixel of the value `white` becomes whose camera delivers two bytes and declares `grey_bits`.
fn deep_white(white: u16, grey_bits: u32) -> u8 {
    // 200 frames of 160 x 120 pixels of one value.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("frames.gray");
    std::fs::write(&file, white.to_le_bytes().repeat(160 * 120 * 200)).expect("frames are written");
    let source = format!(
        "filesrc location={} blocksize=38400 ! rawvideoparse format=gray16-le width=160 \
         height=120 framerate=25/1",
        file.display()
    );
    let mut section = section(&source);
    section.grey_bits = grey_bits;
    let camera = Camera::start(section).expect("the pipeline is well formed");
    received(&camera, 1);
    let frame = camera.ring().latest().expect("a frame has come");
    assert_eq!(frame.picture.format(), PixelFormat::Grey8);
    frame.picture.row(119)[159]
}

#[test]
fn two_byte_greys_use_the_whole_range_once_their_depth_is_declared() {
    assert_eq!(deep_white(0xFFFF, 16), 255);
    assert_eq!(deep_white(4095, 12), 255);
    assert!((127..=128).contains(&deep_white(2048, 12)));
    assert!(deep_white(4095, 16) < 20, "an undeclared depth is taken as 16 bits");
}

#[test]
fn a_folder_is_replayed_in_name_order_over_and_over() {
    let folder = tempfile::tempdir().unwrap();
    // Full red, green and blue; a portrait format, a PNG among JPEGs, and a file that is none.
    for (name, colour, size) in [
        ("1.jpg", [255, 0, 0], (160, 120)),
        ("2.png", [0, 255, 0], (160, 120)),
        ("4.JPG", [0, 0, 255], (60, 120)),
    ] {
        let picture = image::RgbImage::from_pixel(size.0, size.1, image::Rgb(colour));
        picture.save(folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("3.jpg"), b"broken").unwrap();
    let mut section = section(&format!("replay:{}", folder.path().display()));
    section.ring_frames = 64;
    let camera = Camera::start(section).unwrap();
    let first = loop {
        if let Some(frame) = camera.ring().latest() {
            break frame.at;
        }
        received(&camera, 1);
    };
    received(&camera, 12);
    let frame_at =
        |index: u32| camera.ring().nearest(first + Duration::from_millis(40) * index).unwrap();
    let brightest = |index| {
        let frame = frame_at(index);
        let row = frame.picture.row(60);
        let middle = &row[80 * 3..81 * 3];
        middle.iter().enumerate().max_by_key(|(_, value)| **value).unwrap().0
    };
    let colours: Vec<usize> = (0..6).map(brightest).collect();
    let start = colours[0];
    let expected: Vec<usize> = (0..6).map(|i| (start + i) % 3).collect();
    assert_eq!(colours, expected);
    assert!(camera.counters().errors >= 2, "the broken file is counted each round");
    check_frames(&camera);
}

#[test]
fn a_folder_that_appears_later_is_replayed_then() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("later");
    let camera = Camera::start(section(&format!("replay:{}", folder.display()))).unwrap();
    wait_for(&camera, "a failure", || camera.counters().errors >= 1);
    let CameraState::Down { cause } = camera.state() else { panic!("{:?}", camera.state()) };
    assert!(cause.contains("later"), "{cause}");
    std::fs::create_dir(&folder).unwrap();
    image::RgbImage::new(160, 120).save(folder.join("a.png")).unwrap();
    received(&camera, 3);
    assert!(camera.counters().reconnects >= 1);
}

/// Another process's camera: pictures shared through `socket`.
fn share(socket: &Path) -> gst::Element {
    gst::init().expect("a pipeline that shares pictures");
    let description = format!(
        "videotestsrc is-live=true ! video/x-raw,format=RGB,width=160,height=120,framerate=25/1 \
         ! shmsink socket-path={} wait-for-connection=false",
        socket.display()
    );
    let pipeline = gst::parse::launch(&description).expect("a pipeline that shares pictures");
    pipeline.set_state(gst::State::Playing).expect("a pipeline that shares pictures");
    pipeline
}

#[test]
fn a_shared_memory_camera_that_dies_and_returns_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("camera.sock");
    let camera = Camera::start(section(&format!("shm:{}", socket.display()))).unwrap();
    let ring = camera.ring();
    wait_for(&camera, "a failure", || matches!(camera.state(), CameraState::Down { .. }));

    let writer = share(&socket);
    received(&camera, 5);
    check_frames(&camera);

    writer.set_state(gst::State::Null).unwrap();
    wait_for(&camera, "the loss to be seen", || matches!(camera.state(), CameraState::Down { .. }));
    let lost = camera.counters();
    assert!(lost.errors >= 2, "{lost:?}");

    let writer = share(&socket);
    received(&camera, lost.received + 5);
    check_frames(&camera);
    assert!(camera.counters().reconnects > lost.reconnects);
    assert!(ring.newest_at() > Some(Duration::ZERO), "the ring is the same one");
    writer.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_source_that_falls_silent_is_opened_anew() {
    // A source that delivers three pictures and then sleeps for an hour between two.
    let source = "videotestsrc is-live=true num-buffers=3 ! \
                  video/x-raw,width=160,height=120,framerate=25/1 ! identity sleep-time=1 ! \
                  concat name=c  videotestsrc is-live=true ! \
                  video/x-raw,width=160,height=120,framerate=1/3600 ! c.  c.";
    let camera = Camera::start(section(source)).unwrap();
    wait_for(
        &camera,
        "the silence to be seen",
        || matches!(camera.state(), CameraState::Down { cause } if cause.contains("1000 ms")),
    );
    received(&camera, camera.counters().received + 1);
    assert!(camera.counters().reconnects >= 1);
}

#[test]
fn frames_whose_time_lies_in_the_future_are_errors_and_the_source_is_opened_anew() {
    // A source that delivers three pictures in time, then fifty a second whose times say one.
    let source = "videotestsrc is-live=true num-buffers=3 ! \
                  video/x-raw,width=160,height=120,framerate=25/1 ! concat name=c  \
                  videotestsrc ! video/x-raw,width=160,height=120,framerate=1/1 ! \
                  identity sleep-time=20000 ! c.  c.";
    let camera = Camera::start(section(source)).unwrap();
    wait_for(
        &camera,
        "the loss to be seen",
        || matches!(camera.state(), CameraState::Down { cause } if cause.contains("1000 ms")),
    );
    let lost = camera.counters();
    assert!(lost.errors >= 10, "each such frame is counted: {lost:?}");
    assert!((3..=5).contains(&lost.received), "none of them is taken: {lost:?}");
    let newest = camera.ring().newest_at().unwrap();
    assert!(newest <= monotonic(), "the ring stays open for frames of now");
    received(&camera, lost.received + 3);
    assert!(camera.counters().reconnects >= 1);
}

#[test]
fn a_source_that_ends_is_started_again() {
    let source = "videotestsrc is-live=true num-buffers=4 ! \
                  video/x-raw,width=160,height=120,framerate=25/1";
    let camera = Camera::start(section(source)).unwrap();
    received(&camera, 9);
    assert!(camera.counters().reconnects >= 2);
    assert_eq!(camera.counters().dropped, 0);
}

#[test]
fn a_device_that_does_not_exist_is_tried_again_and_named() {
    let camera = Camera::start(section("v4l2:/dev/video99")).unwrap();
    wait_for(&camera, "two failures", || camera.counters().errors >= 2);
    let CameraState::Down { cause } = camera.state() else { panic!("{:?}", camera.state()) };
    assert!(cause.contains("/dev/video99"), "{cause}");
    assert!(camera.ring().is_empty());
}

#[test]
fn what_no_retry_can_mend_is_refused_at_once() {
    let unknown = Camera::start(section("usb:0")).unwrap_err();
    assert!(matches!(unknown, CaptureError::Source { .. }), "{unknown}");
    let missing = Camera::start(section("nosuchsource ! identity")).unwrap_err();
    assert!(matches!(missing, CaptureError::MissingElement { .. }), "{missing}");
    assert!(missing.to_string().contains("nosuchsource"), "{missing}");
    let syntax = Camera::start(section("videotestsrc ! ! identity")).unwrap_err();
    assert!(matches!(syntax, CaptureError::Pipeline { .. }), "{syntax}");
}
