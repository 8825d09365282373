//! inspectd: captures, scores, decides, records, serves the page and talks to the fleet.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use calib::PageThread;
use calib::the_box::PageStatus;
use capture::Camera;
use clap::Parser;
use damage::scoring::Budget;
use inspectd::config::{DEFAULT_PATH, LineFile};
use inspectd::fleet::messages::{self, FleetState};
use inspectd::fleet::{self, FleetLink};
use inspectd::item::quarantine::Quarantine;
use inspectd::records::retention::RetentionThread;
use inspectd::records::space::FreeSpace;
use inspectd::records::store::Owing;
use inspectd::records::{Evidence, Store, StoreThread};
use inspectd::run::bridge_link::BridgeLink;
use inspectd::run::commands::Commands;
use inspectd::run::health::{Health, Watched};
use inspectd::run::inspection::{Inputs, Inspection, Parts};
use inspectd::run::live_view::LiveView;
use inspectd::run::recorder::Recorder;
use inspectd::run::scanner_link::ScannerLinks;
use inspectd::run::{learned, model};
use inspectd::wall_clock::Clock;
use inspectd::warehouse::expectations::Expectations;
use inspectd::warehouse::look_up_thread::LookUpThread;
use inspectd::warehouse::{expected_sources, look_up_thread};
use inspectd::web::settings::SettingsOfBox;
use inspectd::web::{Inspectd, ProductDesk};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};
use vision::config::LabelUse;
use vision::labels::{CodeWorker, LabelWorker};
use vision::learning::Learner;
use vision::learning::products::Products;
use vision::totes::Totes;

/// Orders of the fleet that wait at most: each replaces the one before it on its topic.
const ORDERS: usize = 64;

/// Labels that were read and wait for the loop at most.
const LABELS: usize = 32;

/// Between the wish for a restart and the end: whoever asked is to see the page's answer.
const ANSWER_FIRST: Duration = Duration::from_secs(3);

/// Inspects every item on a conveyor and asks the PLC to divert the imperfect ones.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The line file.
    #[arg(long, default_value = DEFAULT_PATH)]
    line: PathBuf,
    /// The service manager starts inspectd again when it ends with this exit code; then the page offers a restart, for
    /// settings that wait for one.
    #[arg(long, value_name = "EXIT_CODE", value_parser = clap::value_parser!(u8).range(2..))]
    restart_code: Option<u8>,
}

/// Why inspectd has ended as it should.
enum Ended {
    /// It was stopped.
    Stopped,
    /// Somebody wants it to be started again.
    ToBeRestarted,
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .init();
    match start() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("inspectd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // What the page holds the file against, later: read first, so that an edit in between waits for a restart.
    let text = std::fs::read_to_string(&arguments.line).unwrap_or_default();
    let line = LineFile::read(&arguments.line)?;
    let restart = arguments.restart_code.map(|_| Arc::new(Notify::new()));
    let settings = SettingsOfBox::new(&arguments.line, &text, &line.store.folder, restart.clone());
    let ended = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the worker threads")?
        .block_on(run(line, settings, restart))?;
    Ok(match ended {
        Ended::ToBeRestarted => arguments.restart_code.map_or(ExitCode::SUCCESS, ExitCode::from),
        Ended::Stopped => ExitCode::SUCCESS,
    })
}

async fn run(
    line: LineFile,
    settings: SettingsOfBox,
    restart: Option<Arc<Notify>>,
) -> anyhow::Result<Ended> {
    let boot = fleet::boot_id().context("cannot read the kernel's boot id; is /proc mounted?")?;
    let mut store = Store::open(&line.store.folder)?;
    if let Some(section) = &line.fleet {
        store = store.owing(Owing {
            boot: boot.clone(),
            capacity: section.outbox_messages,
            tell: messages::of_news,
        });
    }
    let open_records = store.open_records()?;
    let expectations = Expectations::new(store.expected()?);
    let policy = &line.policy;
    let (test, hold) = (policy.batch_test(), policy.batch_hold());
    let quarantine = Quarantine::new(test, hold, store.holds()?, store.batches()?);
    let clock = Clock::system(line.clock.rules(store.newest_trusted()?));
    let evidence = Evidence::new(&line.store.folder).with_room((&line.store).into(), clock.clone());
    let (store_thread, store) = StoreThread::start(store, evidence)?;
    let retention = RetentionThread::start(store.clone(), line.store.clone(), clock.clone())?;
    let (stored, stored_seen) = mpsc::unbounded_channel();
    // A loop that has ended needs no acknowledgements.
    let on_stored = move |seq| _ = stored.send(seq);
    let (recorder, recorder_thread) = Recorder::start(store.clone(), on_stored)?;

    let (status, status_seen) = watch::channel(Arc::new(PageStatus::default()));
    let (state, state_seen) = watch::channel(FleetState::default());
    let (orders, orders_seen) = mpsc::channel(ORDERS);
    let fleet = line
        .fleet
        .clone()
        .map(|section| FleetLink::start(section, boot, store.clone(), state_seen, orders.clone()));
    expected_sources::start(line.expected.clone(), line.line.sku.clone(), orders)
        .context("cannot start the `[expected]` reader thread")?;
    let watched = Watched {
        store: store.state(),
        evidence: store.evidence(),
        fleet: fleet.as_ref().map(FleetLink::status),
        misfits: learned::watch(&line),
    };
    let health = Health::new(&line.line.name, line.line.sku.as_deref(), watched, status, state);
    let (commands, commands_heard) = Commands::new();
    let learner = Learner::start(line.learning.clone(), line.model.references.clone())
        .context("cannot start the threads that learn from what passes")?;
    let products = Products::new(&line.model.references, line.learning.clone());
    let products = products.beside(learner.handle());
    let budget = Budget::new(line.policy.false_divert_budget);
    let products = ProductDesk::new(products, &line.model.folder, budget.clone());
    let obeyed = budget.clone();
    let settings = settings.with_obey(move |line| obeyed.set(line.policy.false_divert_budget));
    let this_box =
        Inspectd::new(status_seen, (&line.store.folder, store.clone()), commands, products);
    let cameras = line.camera.iter().cloned().map(Camera::start).collect::<Result<Vec<_>, _>>()?;
    let live = LiveView::start(&line.camera, &cameras, line.web.live_fps)
        .context("cannot start the thread of the live view")?;
    let last_items = live.last_items();
    let floor = FreeSpace::from(&line.store);
    let this_box = this_box.with_floor(floor).with_cameras(live).with_settings(settings);
    let this_box = Arc::new(this_box);
    let page = PageThread::start(line.web.clone(), &line.store.folder, this_box)
        .context("cannot start the thread of the page")?;

    let (bridge, link) = BridgeLink::start(line.line.bridge_socket.clone());
    let (labels, labels_seen) = mpsc::channel(LABELS);
    let (codes, codes_seen) = mpsc::channel(LABELS);
    let (code_worker, label_worker) = if line.label.read == LabelUse::Off {
        (None, None)
    } else {
        // A loop that has ended needs no labels.
        let on_done = move |done| _ = codes.blocking_send(done);
        let code_worker = CodeWorker::start(line.label.clone(), on_done);
        let on_done = move |done| _ = labels.blocking_send(done);
        let worker = LabelWorker::start(line.label.clone(), line.identity.clone(), on_done);
        let code_worker = code_worker.context("cannot start the thread that reads codes")?;
        (Some(code_worker), Some(worker.context("cannot start the thread that reads labels")?))
    };
    let (looked_up, looked_up_seen) = mpsc::channel(ORDERS);
    let by_code = line.expected.look_up.clone().filter(|url| url.contains(look_up_thread::CODE));
    let look_up = by_code.map(|url| LookUpThread::start(url, looked_up)).transpose();
    let look_up = look_up.context("cannot start the thread that asks the warehouse")?;
    let (scanners, scans) = ScannerLinks::start(&line.scanner)?;
    let names: Vec<&str> = line.camera.iter().map(|camera| &*camera.name).collect();
    let totes = Totes::load(&line.tote, &names)?;
    let parts = Parts {
        cameras,
        last_items,
        code_worker,
        label_worker,
        learner,
        scanners,
        look_up,
        totes,
        link: bridge,
        recorder,
        health,
        clock,
    };
    let inspection = Inspection::new(&line, parts, open_records, quarantine, expectations);

    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be caught")?;
    let mut ended = Ended::Stopped;
    let stop = async {
        let wanted = async {
            match &restart {
                Some(restart) => {
                    restart.notified().await;
                    tokio::time::sleep(ANSWER_FIRST).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = wanted => {
                tracing::info!("the page asks for a restart");
                ended = Ended::ToBeRestarted;
            }
        }
    };
    // Last, since nothing may fail any more: its thread has to be joined.
    let (model, model_thread) = model::start(line.model.clone(), budget)?;
    tracing::info!("inspecting {} on {}", line.line.product(), line.line.name);
    inspection
        .run(
            Inputs {
                link,
                model,
                scans,
                looked_up: looked_up_seen,
                orders: orders_seen,
                commands: commands_heard,
                codes: codes_seen,
                labels: labels_seen,
                stored: stored_seen,
            },
            stop,
        )
        .await;

    tracing::info!("stopping");
    drop(page);
    drop(retention);
    // The loop's recorder is gone with it: the thread ends once it has handed over what waits.
    if recorder_thread.join().is_err() {
        tracing::error!("the recorder had panicked; its last entries may be missing");
    }
    if let Some(fleet) = fleet {
        fleet.stop().await;
    }
    let left = store_thread.stop();
    // Everything is in the store by now, so a model that still loads costs nothing but patience.
    if model_thread.join().is_err() {
        tracing::error!("the thread that loads the model had panicked");
    }
    match left {
        0 => Ok(ended),
        left => anyhow::bail!("{left} changes could not be stored; see the log for why"),
    }
}
