//! The twin in real time: one thread that scans, one for each camera, and the Modbus server.
//!
//! When the host is late, the scan loop, or the server before it answers, makes up for the missed scans one by one with the times
//! that they should have had. So the simulated PLC and diverter are always on time; only what
//! comes over the network is late, as on a real line with a loaded box.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::config::TwinLine;
use line::config::scanner::{ScannerSection, ScannerSource};
use plc_bridge::registers::{Command, DecodeError};
use serde::Serialize;
use thiserror::Error;
use tokio::signal::unix;

use super::{
    cameras::{CameraError, Freeze, ShmCamera},
    clock,
    codes::CodePlan,
    goods::{Plan, PlanFeed, PlanSettings, plan},
    line::{SCAN, SimulatedLine},
    modbus_server::{ModbusServer, Refresh, RegisterImage, SharedImage},
    pictures::{PictureFeed, PictureSet},
    plc::PlcConfig,
    scanner::{Passing, Scanner, ScannerFaults, carton_code, server::ScannerServer},
    scene::{CartonFeed, LotPlan},
    world::{Feed, WorldConfig},
};

/// How long the inspection must have been ready before items are fed, when the twin waits for it.
const READY_FOR: Duration = Duration::from_secs(1);

/// How long the PLC is without power when it is asked to be.
const POWER_OFF: Duration = Duration::from_secs(3);
/// The encoder's count after a power cut.
const COUNT_AFTER_POWER_CUT: u32 = 1_000_000;

/// What the twin is asked to do.
#[derive(Debug)]
pub struct RunOptions {
    /// Where the truth about each item goes, one JSON object a line.
    pub truth: PathBuf,
    /// Items a second, on average.
    pub rate: f64,
    /// The lots of rendered items.
    pub lots: Vec<LotPlan>,
    /// The share of wrong ones among the whole.
    pub wrong_rate: f64,
    /// How wrongly the plant tells items' codes, where `plc.item_code` asks for them.
    pub codes: CodePlan,
    /// What fixes the items, their slip and their distances.
    pub seed: u64,
    /// Feed this many items only.
    pub items: Option<u64>,
    /// Feed only once the bridge has told the PLC that the inspection is ready, as a line whose
    /// feeder is interlocked with the box.
    pub wait_ready: bool,
    /// The plan of a mixed belt, instead of cartons of one SKU.
    pub mixed: Option<PlanSettings>,
    /// Pictures to play instead of rendered cartons.
    pub pictures: Option<PictureSet>,
    /// The camera that hangs.
    pub freeze: Option<Freeze>,
    /// With which shares of items the scanners go wrong.
    pub scanner_faults: ScannerFaults,
    /// Where it goes what the scanners made of each item, one JSON object a line.
    pub scans: Option<PathBuf>,
}

/// Why the twin cannot run.
#[derive(Debug, Error)]
pub enum RunError {
    /// The PLC's port cannot be opened.
    #[error("the PLC cannot listen on {address}: {source}; is another twin running there?")]
    Listen {
        /// The address of `[plc]`.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// The line file has no address for the PLC.
    #[error("the line file has no plc.address: the twin's PLC speaks Modbus TCP only")]
    NoAddress,
    /// A camera cannot be simulated.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// A scanner cannot be played.
    #[error("scanner `{scanner}` cannot be played at {source_text}: {cause}")]
    Scanner {
        /// The scanner.
        scanner: String,
        /// Its source.
        source_text: String,
        /// Why not.
        cause: String,
    },
    /// The truth cannot be written.
    #[error("cannot write the truth to {path}: {source}; check the folder and the disk")]
    Truth {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime or the signals cannot be set up.
    #[error("the system refused what every process gets: {0}")]
    System(#[from] io::Error),
}

/// What the signals ask for.
#[derive(Debug, Default)]
struct Asked {
    stop: AtomicBool,
    stop_feeding: AtomicBool,
    cut_power: AtomicBool,
}

/// Runs the twin until SIGTERM or SIGINT; SIGUSR1 stops the feeder, SIGUSR2 cuts the PLC's power
/// for three seconds.
///
/// # Errors
/// Something that the twin needs is not there; the message says what.
pub fn run(file: &TwinLine, options: RunOptions) -> Result<(), RunError> {
    let address = file.plc.address.clone().ok_or(RunError::NoAddress)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("signals")
        .enable_all()
        .build()?;
    let image: SharedImage = Arc::new(Mutex::new(RegisterImage::new(&file.plc)));
    let asked = Arc::new(Asked::default());
    {
        let _context = runtime.enter();
        listen_to_signals(&asked)?;
    }

    let start = clock::monotonic();
    let mut world = WorldConfig::for_conveyor(&file.conveyor)
        .with_rate(options.rate, file.conveyor.nominal_speed_mm_s);
    if options.mixed.is_some() {
        world.min_pitch_mm = plan::MIN_PITCH_MM;
    }
    // A start of the PLC is told from the last one by this number.
    let boot = start.subsec_micros() as u16 | 1;
    let plc = PlcConfig::for_conveyor(&file.conveyor, &world, boot).telling(file.plc.item_code);
    let feed: Box<dyn Feed> = match (&options.pictures, &options.mixed) {
        (None, Some(settings)) => Box::new(PlanFeed(Plan::new(settings.clone()))),
        (None, None) => Box::new(
            CartonFeed::with_lots(file.line.product(), options.lots.clone(), options.seed)
                .with_wrong(options.wrong_rate),
        ),
        (Some(set), _) => Box::new(PictureFeed::new(set, file.line.product(), options.seed)),
    };
    let line = SimulatedLine::new(world, plc, options.seed, feed, start)
        .telling(options.codes, options.seed);
    let line = Arc::new(Mutex::new(line));
    let mut cameras = Vec::new();
    for camera in &file.camera {
        let (pictures, freeze) = (options.pictures.as_ref(), options.freeze.as_ref());
        cameras.push(ShmCamera::start(camera, Arc::clone(&line), pictures, freeze)?);
    }
    let cameras_running = cameras.len();
    let scanners = scanners(file, &options)?;
    let scans =
        Scans::new(line, Arc::clone(&image), Arc::clone(&asked), options, scanners, start, boot)?;
    let scans = Arc::new(Mutex::new(scans));
    let refresh: Refresh = Arc::new({
        let scans = Arc::clone(&scans);
        move || {
            if let Err(error) = catch_up(&scans) {
                tracing::error!("{error}");
            }
        }
    });
    let power = Power { address, image, refresh, server: None, back_at: None };
    tracing::info!("running: PLC at {}, {cameras_running} cameras", power.address);
    let result = scan_until_asked(&scans, &asked, power);
    drop(cameras);
    runtime.shutdown_background();
    result
}

/// The line's scanners, each with its server.
fn scanners(
    file: &TwinLine,
    options: &RunOptions,
) -> Result<Vec<(Scanner, ScannerServer)>, RunError> {
    let start = |section: &ScannerSection| {
        let failed = |cause: String| RunError::Scanner {
            scanner: section.name.clone(),
            source_text: section.source.clone(),
            cause,
        };
        let source = section.source().map_err(|wrong| failed(wrong.to_string()))?;
        let ScannerSource::Connect(address) = source else {
            return Err(failed("the twin plays scanners of tcp:// only".to_owned()));
        };
        let server = ScannerServer::start(&address).map_err(|error| failed(error.to_string()))?;
        let scanner = Scanner::new(section, options.scanner_faults, options.seed, carton_code);
        Ok((scanner, server))
    };
    file.scanner.iter().map(start).collect()
}

fn listen_to_signals(asked: &Arc<Asked>) -> io::Result<()> {
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    let mut empty = unix::signal(unix::SignalKind::user_defined1())?;
    let mut cut = unix::signal(unix::SignalKind::user_defined2())?;
    let asked = Arc::clone(asked);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => asked.stop.store(true, Ordering::Relaxed),
                _ = interrupt.recv() => asked.stop.store(true, Ordering::Relaxed),
                _ = empty.recv() => asked.stop_feeding.store(true, Ordering::Relaxed),
                _ = cut.recv() => asked.cut_power.store(true, Ordering::Relaxed),
            }
        }
    });
    Ok(())
}

fn catch_up(scans: &Mutex<Scans>) -> Result<Duration, RunError> {
    scans.lock().unwrap_or_else(PoisonError::into_inner).catch_up(clock::monotonic())
}

fn scan_until_asked(scans: &Mutex<Scans>, asked: &Asked, mut power: Power) -> Result<(), RunError> {
    power.switch_on()?;
    while !asked.stop.load(Ordering::Relaxed) {
        if asked.cut_power.swap(false, Ordering::Relaxed) {
            power.cut(scans);
        }
        if power.back_at.is_some_and(|back_at| clock::monotonic() >= back_at) {
            scans.lock().unwrap_or_else(PoisonError::into_inner).restore_power();
            power.switch_on()?;
        }
        clock::sleep_until(catch_up(scans)?);
    }
    let left = scans.lock().unwrap_or_else(PoisonError::into_inner).left;
    tracing::info!("stopped; {left} items have left the line");
    Ok(())
}

/// The PLC's power, and its Modbus server, which goes with it.
struct Power {
    address: String,
    image: SharedImage,
    refresh: Refresh,
    /// None while the power is off.
    server: Option<ModbusServer>,
    back_at: Option<Duration>,
}

impl Power {
    fn switch_on(&mut self) -> Result<(), RunError> {
        let Self { address, image, refresh, .. } = self;
        let server = ModbusServer::start(address, Arc::clone(image), Arc::clone(refresh));
        let failed = |source| RunError::Listen { address: address.clone(), source };
        self.server = Some(server.map_err(failed)?);
        self.back_at = None;
        Ok(())
    }

    fn cut(&mut self, scans: &Mutex<Scans>) {
        if let Some(server) = self.server.take() {
            server.cut();
            scans.lock().unwrap_or_else(PoisonError::into_inner).cut_power();
            self.image.lock().unwrap_or_else(PoisonError::into_inner).clear();
            self.back_at = Some(clock::monotonic() + POWER_OFF);
        }
    }
}

/// The scans: what they have seen and what they have told.
struct Scans {
    line: Arc<Mutex<SimulatedLine>>,
    image: SharedImage,
    asked: Arc<Asked>,
    options: RunOptions,
    scanners: Vec<(Scanner, ScannerServer)>,
    truth: File,
    scan_truth: Option<File>,
    /// The time of the last scan.
    scanned: Duration,
    ready_since: Option<Duration>,
    fed: bool,
    told_empty: bool,
    told_bridge_lost: bool,
    told_inspector_away: bool,
    told_undecodable: Option<DecodeError>,
    left: u64,
    /// The PLC's number for its present start.
    boot: u16,
}

impl Scans {
    fn new(
        line: Arc<Mutex<SimulatedLine>>,
        image: SharedImage,
        asked: Arc<Asked>,
        options: RunOptions,
        scanners: Vec<(Scanner, ScannerServer)>,
        start: Duration,
        boot: u16,
    ) -> Result<Self, RunError> {
        let create = |path: &PathBuf| {
            File::create(path).map_err(|source| RunError::Truth { path: path.clone(), source })
        };
        let truth = create(&options.truth)?;
        let scan_truth = options.scans.as_ref().map(create).transpose()?;
        Ok(Self {
            line,
            image,
            asked,
            options,
            scanners,
            truth,
            scan_truth,
            scanned: start,
            ready_since: None,
            fed: false,
            told_empty: false,
            // Before the first bridge has connected, none can be lost.
            told_bridge_lost: true,
            told_inspector_away: true,
            told_undecodable: None,
            left: 0,
            boot,
        })
    }

    /// Makes up the scans that are due at `now`; returns when the next one is.
    fn catch_up(&mut self, now: Duration) -> Result<Duration, RunError> {
        while self.scanned + SCAN <= now {
            self.scanned += SCAN;
            self.scan(self.scanned)?;
        }
        Ok(self.scanned + SCAN)
    }

    fn scan(&mut self, now: Duration) -> Result<(), RunError> {
        let command = self.command();
        let line = Arc::clone(&self.line);
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        self.feed(&mut line, command.as_ref(), now);
        let scanned = line.scan(now, command.as_ref());
        if let Some(codes) = &scanned.codes {
            self.image.lock().unwrap_or_else(PoisonError::into_inner).set_codes(codes);
        }
        self.look_by_scanners(&line, now)?;
        let bridge_lost = scanned.status.as_ref().map_or(self.told_bridge_lost, |status| {
            self.image.lock().unwrap_or_else(PoisonError::into_inner).set_status(status);
            status.bridge_lost
        });
        if bridge_lost != self.told_bridge_lost {
            self.told_bridge_lost = bridge_lost;
            if bridge_lost {
                tracing::warn!("PLC: the bridge's heartbeat stands still; own fall-back from here");
            } else {
                tracing::info!("PLC: the bridge's heartbeat counts");
            }
        }
        let inspector_away = command.is_none_or(|command| !command.inspector_alive);
        if inspector_away != self.told_inspector_away {
            self.told_inspector_away = inspector_away;
            if inspector_away {
                tracing::warn!("PLC: the inspection is away, says the bridge; it falls back");
            } else {
                tracing::info!("PLC: the inspection is there, says the bridge");
            }
        }
        for truth in scanned.left {
            self.left += 1;
            write_truth(&mut self.truth, &self.options.truth, &truth)?;
        }
        if self.fed && !self.told_empty && !line.world.feeding() && line.world.is_empty() {
            self.told_empty = true;
            tracing::info!("the belt has run empty after {} items", self.left);
        }
        Ok(())
    }

    /// The scanners look at the belt and send what is due.
    fn look_by_scanners(&mut self, line: &SimulatedLine, now: Duration) -> Result<(), RunError> {
        let travel_mm = line.world.travel_mm(now);
        for (scanner, server) in &mut self.scanners {
            let items = line.world.on_belt().map(|item| Passing {
                number: item.number,
                position_mm: item.position(travel_mm),
                what: &item.what,
            });
            scanner.look(now, items);
            scanner.due(now).iter().for_each(|message| server.send(message));
            let truths = scanner.take_truths();
            if let (Some(file), Some(path)) = (&mut self.scan_truth, &self.options.scans) {
                for truth in truths {
                    write_truth(file, path, &truth)?;
                }
            }
        }
        Ok(())
    }

    fn cut_power(&mut self) {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).cut_power();
        self.told_bridge_lost = true;
        tracing::warn!("PLC: the power is cut");
    }

    fn restore_power(&mut self) {
        self.boot = self.boot.wrapping_add(1);
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.restore_power(self.boot, COUNT_AFTER_POWER_CUT, self.scanned);
        tracing::info!("PLC: the power is back");
    }

    fn command(&mut self) -> Option<Command> {
        let image = self.image.lock().unwrap_or_else(PoisonError::into_inner);
        match image.command() {
            Ok(command) => {
                self.told_undecodable = None;
                command
            }
            Err(error) => {
                if self.told_undecodable.replace(error) != Some(error) {
                    tracing::error!("PLC: the bridge's command block is not taken: {error}");
                }
                None
            }
        }
    }

    fn feed(&mut self, line: &mut SimulatedLine, command: Option<&Command>, now: Duration) {
        if self.asked.stop_feeding.load(Ordering::Relaxed) {
            self.fed = true;
            line.world.stop_feeding();
        }
        if self.fed {
            return;
        }
        let ready = command.is_some_and(|command| command.inspector_ready);
        let since = match (ready, self.ready_since) {
            (false, _) => None,
            (true, None) => Some(now),
            (true, since) => since,
        };
        self.ready_since = since;
        if !self.options.wait_ready || since.is_some_and(|since| now - since >= READY_FOR) {
            self.fed = true;
            line.world.start_feeding(self.options.items);
            tracing::info!("feeding items");
        }
    }
}

fn write_truth(file: &mut File, path: &Path, truth: &impl Serialize) -> Result<(), RunError> {
    let mut text = serde_json::to_string(truth).expect("a truth has no map with odd keys");
    text.push('\n');
    // One write a line: a reader beside us never sees half of one.
    file.write_all(text.as_bytes())
        .map_err(|source| RunError::Truth { path: path.to_owned(), source })
}
