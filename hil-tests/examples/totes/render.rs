//! Draws the pictures.

use std::{
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::Context;
use twin::{
    goods::{Fault, Laid, Sku, ToteColour},
    rng::Rng,
    scene::{Scene, Standing},
    world::NewItem,
};

use super::{CAMERAS, Ground};

/// Pieces that are learned from.
const NORMALS: usize = 24;
/// Good ones, and damaged ones, that are looked at, on each ground.
const GOOD: usize = 12;
const DAMAGED: usize = 6;
/// Empty totes of each colour, and pictures of the empty tunnel.
const EMPTY: usize = 8;
/// Damage that can be seen from above.
const FAULTS: [Fault; 6] = [
    Fault::Torn,
    Fault::DentedEdge,
    Fault::Stain,
    Fault::Puncture,
    Fault::Crushed,
    Fault::UnitMissing,
];
/// How far from the middle of its window an item stands at most, in millimetres, and how far it is turned.
const OFFSET_MM: f64 = 14.0;
const YAW_DEGREES: f64 = 8.0;

/// Draws what is not there yet.
pub fn render(folder: &Path, skus: Range<u32>) -> anyhow::Result<()> {
    thread::scope(|scope| {
        let each: Vec<_> = CAMERAS
            .into_iter()
            .map(|camera| {
                let skus = skus.clone();
                scope.spawn(move || Shots::new(folder, camera).all(skus))
            })
            .collect();
        each.into_iter().try_for_each(|camera| camera.join().expect("a camera does not panic"))
    })
}

struct Shots {
    folder: PathBuf,
    camera: &'static str,
    scene: Scene,
    rng: Rng,
    number: u64,
}

impl Shots {
    fn new(folder: &Path, camera: &'static str) -> Self {
        let scene = Scene::new(camera, 640, 480);
        Self { folder: folder.to_owned(), camera, scene, rng: Rng::new(0), number: 0 }
    }

    fn all(mut self, skus: Range<u32>) -> anyhow::Result<()> {
        // The same pieces for every camera.
        self.rng = Rng::new(77);
        for _ in 0..EMPTY {
            self.shoot(Path::new("empty"), None)?;
        }
        for colour in ToteColour::ALL {
            for _ in 0..EMPTY {
                let laid = Laid::empty_tote(colour, self.rng.bits());
                self.shoot(&PathBuf::from(format!("tote-{}", colour.name())), Some(laid))?;
            }
        }
        for index in skus {
            self.rng = Rng::new(1000 + u64::from(index));
            self.sku(&Arc::new(Sku::of(index, 1)))?;
        }
        Ok(())
    }

    fn sku(&mut self, sku: &Arc<Sku>) -> anyhow::Result<()> {
        let faults: Vec<Fault> = FAULTS.into_iter().filter(|fault| fault.suits(sku)).collect();
        for ground in Ground::ALL {
            for (part, count) in [("normal", NORMALS), ("good", GOOD), ("damaged", DAMAGED)] {
                let folder = PathBuf::from(format!("{:03}", sku.index)).join(ground.name());
                for at in 0..count {
                    let yaw = self.rng.between(-YAW_DEGREES, YAW_DEGREES) as f32;
                    let mut laid = Laid::normal(sku, self.rng.bits(), yaw);
                    if part == "damaged" {
                        laid = laid.with_fault(faults[at % faults.len()], sku);
                    }
                    if ground == Ground::Tote {
                        laid = laid.in_tote(ToteColour::ALL[at % ToteColour::ALL.len()]);
                    }
                    self.shoot(&folder.join(part), Some(laid))?;
                }
            }
        }
        Ok(())
    }

    fn shoot(&mut self, folder: &Path, laid: Option<Laid>) -> anyhow::Result<()> {
        self.number += 1;
        let (number, rng) = (self.number, &mut self.rng);
        let (offset_mm, travel) = (rng.between(-OFFSET_MM, OFFSET_MM), rng.between(0.0, 10_000.0));
        let folder = self.folder.join(folder).join(self.camera);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let file = folder.join(format!("{:02}.png", fs::read_dir(&folder)?.count()));
        let items: Vec<Standing> = laid
            .map(|laid| Standing { number, what: NewItem::of(laid), offset_mm })
            .into_iter()
            .collect();
        self.scene
            .picture(travel, &items, number)
            .save(&file)
            .with_context(|| file.display().to_string())
    }
}
