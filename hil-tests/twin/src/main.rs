//! `twin`: the simulated line as a process of its own.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};
use rustix::process::{Signal, set_parent_process_death_signal};
use twin::codes::CodePlan;
use twin::config::TwinLine;
use twin::{
    cameras::Freeze,
    goods::PlanSettings,
    normals,
    pictures::PictureSet,
    run::{self, RunOptions},
    scanner::ScannerFaults,
    scene::LotPlan,
};

/// A simulated line: belt, photo-eyes, diverter, PLC (Modbus TCP) and cameras (shm video).
///
/// SIGTERM stops it at once; SIGUSR1 switches the feeder off, so that the belt runs empty; SIGUSR2
/// cuts the PLC's power for three seconds.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Options {
    #[command(flatten)]
    run: Option<Run>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Run {
    /// The line file: where the PLC listens, which cameras there are, the belt's geometry.
    #[arg(long)]
    line: PathBuf,
    /// Where the truth about each item goes, one JSON object a line.
    #[arg(long)]
    truth: PathBuf,
    /// Items a second, on average.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// Share of damaged items.
    #[arg(long, default_value_t = 0.2, conflicts_with = "lots")]
    defect_rate: f64,
    /// Lots one after the other, as ITEMS:SHARE of damaged ones; of the last there is no end.
    #[arg(long, value_delimiter = ',', value_parser = lot_plan)]
    lots: Vec<LotPlan>,
    /// Share of the whole items that are another item, have another item's label, or are expired.
    #[arg(long, default_value_t = 0.0)]
    wrong_rate: f64,
    /// Share of items of which the plant tells the PLC another item's code (`plc.item_code`).
    #[arg(long, default_value_t = 0.0)]
    code_wrong_rate: f64,
    /// Share of items whose code the plant tells the PLC seconds late.
    #[arg(long, default_value_t = 0.0)]
    code_late_rate: f64,
    /// Share of items of which the plant tells the PLC no code.
    #[arg(long, default_value_t = 0.0)]
    code_none_rate: f64,
    /// Fixes the items, their slip and their distances.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What comes: cartons of the line's SKU, or a mixed belt of many SKUs.
    #[arg(long, value_enum, default_value_t = Goods::Carton)]
    goods: Goods,
    /// Settings of the mixed belt's plan, as JSON; what is not said is as usual.
    #[arg(long, value_parser = plan_settings, requires = "goods")]
    plan: Option<PlanSettings>,
    /// Play the pictures of this folder (`test/<class>`, or `views/<view>/test/<class>`).
    #[arg(long)]
    images: Option<PathBuf>,
    /// Feed this many items only.
    #[arg(long)]
    items: Option<u64>,
    /// Feed only once the bridge says that the inspection is ready.
    #[arg(long)]
    wait_ready: bool,
    /// A camera that hangs, as CAMERA:ITEM: from that item on it repeats its last picture.
    #[arg(long, value_parser = freeze)]
    freeze: Option<Freeze>,
    /// With which shares of items the scanners go wrong, as in misread=0.01,late=0.02,no_read=0.02,double=0.05,
    /// silent=0.01,late_ms=800.
    #[arg(long, default_value = "")]
    scanner_faults: ScannerFaults,
    /// Where it goes what the scanners made of each item, one JSON object a line.
    #[arg(long)]
    scans: Option<PathBuf>,
    /// End with the process that started this one, however that ends.
    #[arg(long)]
    end_with_parent: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write normal pictures to learn from, as the cameras would take them.
    Pictures {
        /// The line file.
        #[arg(long)]
        line: PathBuf,
        /// How many normal items.
        #[arg(long, default_value_t = 40)]
        normals: usize,
        /// How many items, half of them damaged, in `test/<class>`.
        #[arg(long, default_value_t = 0)]
        test: usize,
        /// Fixes the items.
        #[arg(long, default_value_t = 1000)]
        seed: u64,
        /// What to render: cartons of the line's SKU, or every SKU of the mixed belt's working set,
        /// each in a folder of its own name.
        #[arg(long, value_enum, default_value_t = Goods::Carton)]
        goods: Goods,
        /// Settings of the mixed belt's plan, as JSON; what is not said is as usual.
        #[arg(long, value_parser = plan_settings, requires = "goods")]
        plan: Option<PlanSettings>,
        /// Take the normals of this folder instead of rendering.
        #[arg(long)]
        images: Option<PathBuf>,
        /// Where `views/<camera>/train/good/` is made.
        #[arg(long)]
        out: PathBuf,
    },
    /// Write pictures of empty totes, a folder for each colour, and of the empty belt.
    Totes {
        /// The line file.
        #[arg(long)]
        line: PathBuf,
        /// How many of each colour.
        #[arg(long, default_value_t = 8)]
        each: usize,
        /// Fixes them.
        #[arg(long, default_value_t = 500)]
        seed: u64,
        /// Where `<colour>/views/<camera>/train/good/` is made.
        #[arg(long)]
        out: PathBuf,
    },
}

/// What is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Goods {
    /// Cartons of one SKU.
    Carton,
    /// Many SKUs of six kinds, by a plan.
    Mixed,
}

fn plan_settings(text: &str) -> Result<PlanSettings, String> {
    serde_json::from_str(text).map_err(|error| {
        format!("{error}; write it as in {{\"skus\": 40, \"fault_share\": 0.1, \"order\": {{\"zipf\": 1.1}}}}")
    })
}

fn lot_plan(text: &str) -> Result<LotPlan, String> {
    let parsed = text.split_once(':').and_then(|(items, share)| {
        Some(LotPlan { items: items.parse().ok()?, defect_rate: share.parse().ok()? })
    });
    parsed.ok_or_else(|| "write it as in 200:0.1".to_owned())
}

fn freeze(text: &str) -> Result<Freeze, String> {
    let parsed = text.rsplit_once(':').and_then(|(camera, item)| {
        Some(Freeze { camera: camera.to_owned(), from_item: item.parse().ok()? })
    });
    parsed.ok_or_else(|| "write it as in top:4".to_owned())
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    match work(Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("twin: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn work(options: Options) -> anyhow::Result<()> {
    match (options.command, options.run) {
        (Some(Command::Pictures { line, normals, test, seed, goods, plan, images, out }), _) => {
            let file = TwinLine::read(&line)?;
            match (images, goods) {
                (None, Goods::Mixed) => {
                    let plan = plan.unwrap_or_default();
                    normals::render_goods(&file, &plan, normals, test, seed, &out)?;
                }
                (None, Goods::Carton) => normals::render(&file, normals, test, seed, &out)?,
                (Some(folder), _) => normals::copy(&file, &PictureSet::open(&folder)?, &out)?,
            }
        }
        (Some(Command::Totes { line, each, seed, out }), _) => {
            normals::render_totes(&TwinLine::read(&line)?, each, seed, &out)?;
        }
        (None, Some(args)) => {
            if args.end_with_parent {
                set_parent_process_death_signal(Some(Signal::TERM))?;
            }
            let file = TwinLine::read(&args.line)?;
            let lots = if args.lots.is_empty() {
                vec![LotPlan { items: u64::MAX, defect_rate: args.defect_rate }]
            } else {
                args.lots
            };
            let pictures = args.images.as_deref().map(PictureSet::open).transpose()?;
            let usual = || PlanSettings { seed: args.seed, ..PlanSettings::default() };
            let mixed = (args.goods == Goods::Mixed).then(|| args.plan.unwrap_or_else(usual));
            let options = RunOptions {
                truth: args.truth,
                rate: args.rate,
                lots,
                wrong_rate: args.wrong_rate,
                codes: CodePlan {
                    wrong_rate: args.code_wrong_rate,
                    late_rate: args.code_late_rate,
                    none_rate: args.code_none_rate,
                },
                seed: args.seed,
                items: args.items,
                wait_ready: args.wait_ready,
                mixed,
                pictures,
                freeze: args.freeze,
                scanner_faults: args.scanner_faults,
                scans: args.scans,
            };
            run::run(&file, options)?;
        }
        (None, None) => anyhow::bail!("say --line and --truth, or the command `pictures`"),
    }
    Ok(())
}
