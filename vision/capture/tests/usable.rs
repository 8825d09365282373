//! The pictures of good and of damaged items in `shared/data`: none may be called unusable.

#[path = "../../tests/common/mod.rs"]
mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base::Dataset;
use base::Picture;
use capture::usable::{Measures, Unusable, check};
use common::shared_data;
use image::RgbImage;

const SETS: [&str; 5] = ["cartons", "cookies", "aliens", "four_screws", "hazelnut_toy"];

fn pictures(root: &Path, set: &str) -> Vec<PathBuf> {
    let dataset = Dataset::open(root.join(set)).expect("the set is there");
    let views = dataset.views.values();
    views
        .flat_map(|view| {
            let test = view.test.values().flatten();
            view.normals.iter().chain(&view.damaged).chain(test).cloned().collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn no_picture_of_an_item_is_called_unusable() {
    let Some(root) = shared_data("") else { return };
    for set in SETS {
        let files = pictures(&root, set);
        let (mut white, mut missing, mut repeats, mut snow, mut tears) =
            (0f64, 0f64, 0f64, 0f64, 0);
        let mut took = Duration::ZERO;
        for file in &files {
            let picture = Picture::open(file).expect("it can be read");
            let start = Instant::now();
            let found = Measures::of(&picture);
            took += start.elapsed();
            white = white.max(found.white);
            missing = missing.max(found.missing.map_or(0.0, |(_, share, _)| share));
            repeats = repeats.max(found.repeats);
            snow = snow.max(found.snow);
            tears = tears.max(found.tears.len());
            assert_eq!(check(&picture), Ok(()), "{}: {found:?}", file.display());
        }
        println!(
            "{set}: {} pictures, at most: white {white:.2}, missing {missing:.2}, repeats \
             {repeats:.2}, snow {snow:.2}, tears {tears}; {:.1} ms a picture",
            files.len(),
            took.as_secs_f64() * 1000.0 / files.len() as f64
        );
    }
}

#[test]
fn the_same_pictures_with_a_part_missing_or_torn_are_called_unusable() {
    let Some(root) = shared_data("") else { return };
    let (mut torn, mut all) = (0, 0);
    for set in SETS {
        for file in pictures(&root, set).iter().step_by(4) {
            let whole = Picture::open(file).expect("it can be read").to_rgb_image();
            let (width, height) = whole.dimensions();
            let check = |pixel: &dyn Fn(u32, u32) -> image::Rgb<u8>| {
                check(&Picture::from(RgbImage::from_fn(width, height, pixel)))
            };
            let black = check(&|x, y| {
                if y > height / 2 { image::Rgb([0; 3]) } else { *whole.get_pixel(x, y) }
            });
            assert!(
                matches!(black, Err(Unusable::Missing { .. })),
                "{}: {black:?}",
                file.display()
            );
            let white = check(&|_, _| image::Rgb([255; 3]));
            assert!(matches!(white, Err(Unusable::White { .. })));
            // The same item, an eighth of the picture further on in the lower half.
            let moved = check(&|x, y| {
                let x = if y > height / 2 { (x + width / 8) % width } else { x };
                *whole.get_pixel(x, y)
            });
            all += 1;
            torn += usize::from(matches!(moved, Err(Unusable::Torn { .. })));
        }
    }
    println!("{torn} of {all} torn pictures are known by the tear");
    assert!(2 * torn > all, "{torn} of {all}");
}
