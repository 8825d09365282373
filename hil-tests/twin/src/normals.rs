//! Writes pictures as the twin's cameras would take them, for `inspectctl learn` and `evaluate`.
//!
//! A camera takes its pictures at its own rate, so an item stands up to half a picture's travel
//! away from the middle of the window, and a few millimetres more because exposure, transfer and
//! time stamp are not one instant. Normals that lack this jitter make a reference that holds every
//! ordinary item for strange.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use crate::config::TwinLine;
use capture::CameraSection;
use thiserror::Error;

use super::{
    goods::{Fault, Laid, Plan, PlanSettings, ToteColour},
    pictures::{PictureSet, PicturesError, fitted},
    rng::Rng,
    scene::{CartonFeed, Scene, Standing, carton, looks_down},
    world::{Feed, NewItem},
};

/// The folder of pictures of the empty tunnel.
const EMPTY: &str = "empty";
/// Pictures of the empty tunnel for each camera: enough to see what a running belt looks like.
const EMPTIES: u64 = 4;
/// Multiples of the golden section, less their whole parts, lie evenly however many there are: no place
/// in the window is left out (Kronecker's sequence).
const GOLDEN: f64 = 0.618_033_988_749_895;
/// Lots that normal items come from.
const LOTS: usize = 8;
/// Jitter beyond half of the travel between two pictures, in milliseconds of belt travel.
const LATENCY_MS: f64 = 20.0;

/// Why pictures cannot be written.
#[derive(Debug, Error)]
pub enum NormalsError {
    /// A file or folder cannot be written.
    #[error("cannot write {path}: {cause}; check the folder and the disk")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A picture of the folder that is copied is broken.
    #[error(transparent)]
    Pictures(#[from] PicturesError),
}

/// Writes `views/<camera>/train/good/` with `normals` rendered items, `train/empty/` with a few
/// pictures of the running belt alone and, when `test` is not 0, `test/<class>/` with that many more
/// items.
///
/// # Errors
/// Something cannot be written.
pub fn render(
    file: &TwinLine,
    normals: usize,
    test: usize,
    seed: u64,
    out: &Path,
) -> Result<(), NormalsError> {
    for camera in &file.camera {
        let mut scene = Scene::new(&camera.name, camera.width_px, camera.height_px);
        // The same items and places for every camera, in the same order.
        let mut rng = Rng::new(seed);
        let mut good = CartonFeed::new(file.line.product(), 0.0, seed);
        let mut mixed = CartonFeed::new(file.line.product(), 0.5, seed ^ 1);
        let half_mm = file.conveyor.nominal_speed_mm_s * (0.5 / f64::from(camera.fps));
        let late_mm = file.conveyor.nominal_speed_mm_s * LATENCY_MS / 1000.0;
        for number in 0..normals + test {
            let (part, mut what) =
                if number < normals { ("train", good.next()) } else { ("test", mixed.next()) };
            // Lot numbers change from one to the next: that is normal.
            what.lot = Some(carton::lot(file.line.product(), rng.below(LOTS) as u32));
            let class = what.defect.clone().unwrap_or_else(|| "good".to_owned());
            let offset_mm = (half_mm + late_mm) * (2.0 * (number as f64 * GOLDEN).fract() - 1.0);
            let travel_mm = rng.between(0.0, 10_000.0);
            let number = number as u64;
            let picture = scene.picture(travel_mm, &[Standing { number, what, offset_mm }], number);
            let folder = out.join("views").join(&camera.name).join(part).join(class);
            save(&picture, &folder, &format!("{number:05}_{}.png", camera.name))?;
        }
        let folder = out.join("views").join(&camera.name).join("train").join(EMPTY);
        for number in 0..EMPTIES {
            let picture = scene.picture(rng.between(0.0, 10_000.0), &[], number);
            save(&picture, &folder, &format!("{number:05}_{}.png", camera.name))?;
        }
    }
    Ok(())
}

/// Writes a folder for each SKU of a mixed belt's working set, named as the SKU: `views/<camera>/` with
/// `train/good/` of `normals` pieces, `train/empty/` with the running belt alone, and, when `test` is not 0,
/// `test/<class>/` with that many more pieces of it, half of them faulty.
///
/// # Errors
/// Something cannot be written.
pub fn render_goods(
    file: &TwinLine,
    settings: &PlanSettings,
    normals: usize,
    test: usize,
    seed: u64,
    out: &Path,
) -> Result<(), NormalsError> {
    let plan = Plan::new(settings.clone());
    let shots = Shots { settings, plan: &plan, normals, test, seed, out };
    // Each camera draws for itself: many SKUs take a minute.
    thread::scope(|scope| {
        let speed_mm_s = file.conveyor.nominal_speed_mm_s;
        let each = file.camera.iter().map(|camera| {
            let shots = &shots;
            scope.spawn(move || shots.take(camera, speed_mm_s))
        });
        let all: Vec<_> = each.collect();
        all.into_iter().try_for_each(|camera| {
            camera.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })
}

/// Which pictures of goods are taken.
struct Shots<'a> {
    settings: &'a PlanSettings,
    plan: &'a Plan,
    normals: usize,
    test: usize,
    seed: u64,
    out: &'a Path,
}

impl Shots<'_> {
    /// Takes one camera's pictures.
    fn take(&self, camera: &CameraSection, speed_mm_s: f64) -> Result<(), NormalsError> {
        let Self { settings, plan, normals, test, seed, out } = *self;
        let mut scene = Scene::new(&camera.name, camera.width_px, camera.height_px);
        let reach_mm = speed_mm_s * (0.5 / f64::from(camera.fps) + LATENCY_MS / 1000.0);
        let mut shots = 0;
        let mut shoot = |folder: &Path, laid: Option<Laid>, rng: &mut Rng| {
            shots += 1;
            let offset_mm = reach_mm * (2.0 * (shots as f64 * GOLDEN).fract() - 1.0);
            let standing =
                laid.map(|laid| Standing { number: shots, what: NewItem::of(laid), offset_mm });
            let items = standing.as_slice();
            let picture = scene.picture(rng.between(0.0, 10_000.0), items, shots);
            save(&picture, folder, &format!("{shots:05}_{}.png", camera.name))
        };
        // The same pieces for every camera, in the same order.
        let mut rng = Rng::new(seed);
        for (place, sku) in plan.known().iter().enumerate() {
            let views = out.join(&sku.name).join("views").join(&camera.name);
            for number in 0..normals + test {
                let yaw = rng.between(-settings.yaw_degrees, settings.yaw_degrees) as f32;
                let mut laid = Laid::normal(sku, rng.bits(), yaw);
                let fitting = Fault::ALL.into_iter().filter(|fault| fault.suits(sku));
                let fitting: Vec<Fault> = fitting.collect();
                let fault = rng.pick(&fitting);
                // The first of so many, then every so manieth: evenly, the colours by turns.
                let share = settings.tote_share;
                let totes = (share * number as f64) as usize;
                if (share * (number + 1) as f64) as usize > totes {
                    laid = laid.in_tote(ToteColour::ALL[totes % ToteColour::ALL.len()]);
                }
                let mut folder = views.join("train").join("good");
                if number >= normals {
                    let is_faulty = number % 2 == 1;
                    folder = views.join("test").join(if is_faulty { fault.name() } else { "good" });
                    if is_faulty {
                        let other = &plan.known()[(place + 1) % plan.known().len()];
                        laid = laid.with_fault(fault, other);
                    }
                }
                shoot(&folder, Some(laid), &mut rng)?;
            }
            for _ in 0..EMPTIES {
                shoot(&views.join("train").join(EMPTY), None, &mut rng)?;
            }
        }
        Ok(())
    }
}

/// Writes a folder for each colour of totes, `<colour>/views/<camera>/train/`, with empty ones in `good/` and the
/// running belt alone in `empty/`. Cameras beside the belt see only the walls of a tote, and have no pictures of it.
///
/// # Errors
/// Something cannot be written.
pub fn render_totes(
    file: &TwinLine,
    each: usize,
    seed: u64,
    out: &Path,
) -> Result<(), NormalsError> {
    let speed_mm_s = file.conveyor.nominal_speed_mm_s;
    for camera in file.camera.iter().filter(|camera| looks_down(&camera.name)) {
        let mut scene = Scene::new(&camera.name, camera.width_px, camera.height_px);
        let mut rng = Rng::new(seed);
        let reach_mm = speed_mm_s * (0.5 / f64::from(camera.fps) + LATENCY_MS / 1000.0);
        for colour in ToteColour::ALL {
            let folder = out.join(colour.name()).join("views").join(&camera.name).join("train");
            for number in 0..each as u64 {
                let offset_mm = reach_mm * (2.0 * (number as f64 * GOLDEN).fract() - 1.0);
                let what = NewItem::of(Laid::empty_tote(colour, rng.bits()));
                let standing = [Standing { number, what, offset_mm }];
                for (part, items) in [("good", &standing[..]), (EMPTY, &[])] {
                    let picture = scene.picture(rng.between(0.0, 10_000.0), items, rng.bits());
                    let name = format!("{number:05}_{}.png", camera.name);
                    save(&picture, &folder.join(part), &name)?;
                }
            }
        }
    }
    Ok(())
}

/// Writes the normals of a folder of pictures as the line's cameras show them.
///
/// # Errors
/// A picture is broken, or something cannot be written.
pub fn copy(file: &TwinLine, set: &PictureSet, out: &Path) -> Result<(), NormalsError> {
    for camera in &file.camera {
        let folder = out.join("views").join(&camera.name).join("train").join("good");
        for (number, item) in set.train.iter().enumerate() {
            let path = &item.files[set.view_of(&camera.name)];
            let picture = fitted(path, camera.width_px, camera.height_px)?;
            save(&picture, &folder, &format!("{number:05}_{}.png", camera.name))?;
        }
    }
    Ok(())
}

fn save(picture: &image::RgbImage, folder: &Path, name: &str) -> Result<(), NormalsError> {
    fs::create_dir_all(folder).map_err(|error| NormalsError::Write {
        path: folder.to_owned(),
        cause: error.to_string(),
    })?;
    let path = folder.join(name);
    picture.save(&path).map_err(|error| NormalsError::Write { path, cause: error.to_string() })
}
