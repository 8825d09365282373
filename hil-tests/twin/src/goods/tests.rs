use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use image::RgbImage;
use line::protocol::Check;
use zxingcpp::BarcodeFormat;

use super::catalogue::check_digit;
use super::raster::{Drawing, Eye};
use super::*;
use crate::scene::{Scene, Standing};
use crate::world::{Feed, NewItem};

const TOP: Eye = Eye { pitch: 1.396, px_per_mm: 2.667 };
const SIDE: Eye = Eye { pitch: 0.122, px_per_mm: 2.667 };

fn skus(count: usize) -> Vec<Arc<Sku>> {
    catalogue(count, 1).into_iter().map(Arc::new).collect()
}

fn picture(camera: &str, laid: Laid) -> RgbImage {
    let mut scene = Scene::new(camera, 640, 480);
    let offset_mm = laid.length_mm() / 2.0 - 70.0;
    let number = laid.entry.look;
    scene.picture(31.0, &[Standing { number, what: NewItem::of(laid), offset_mm }], number)
}

#[test]
fn a_catalogue_grows_without_changing_and_no_two_skus_share_a_name_or_a_code() {
    let (small, large) = (catalogue(40, 1), catalogue(5000, 1));
    assert_eq!(small, large[..40]);
    assert_ne!(small, catalogue(40, 2));
    let names: BTreeSet<&str> = large.iter().map(|sku| sku.name.as_str()).collect();
    let codes: BTreeSet<&str> = large.iter().map(|sku| sku.gtin.as_str()).collect();
    assert_eq!((names.len(), codes.len()), (5000, 5000));
    assert_eq!(large[36].name, "carton-07");
    let kinds: BTreeSet<Kind> = small.iter().map(|sku| sku.kind).collect();
    assert_eq!(kinds.len(), 6);
}

#[test]
fn every_gtin_has_the_check_digit_of_its_standard() {
    assert_eq!(check_digit("400638133393"), 1, "the example of the standard's Wikipedia page");
    for sku in catalogue(200, 7) {
        let (body, check) = sku.gtin.split_at(12);
        assert_eq!(check_digit(body).to_string(), check, "{}", sku.name);
        assert!(sku.gtin.starts_with("952"), "the range for examples: {}", sku.gtin);
    }
}

#[test]
fn every_thing_fits_before_the_cameras_and_into_a_tote() {
    for sku in catalogue(600, 3).into_iter().map(Arc::new) {
        let turned = Laid::normal(&sku, 1, 15.0);
        assert!(turned.length_mm() <= 160.0, "{}: {}", sku.name, turned.length_mm());
        let (sin, cos) = 15f32.to_radians().sin_cos();
        let across = match sku.kind {
            Kind::Tin => sku.shape.width,
            _ => sku.shape.length * sin + sku.shape.width * cos,
        };
        assert!(across <= 136.0, "the belt is 140 mm wide, {}: {across}", sku.name);
        let (sin, cos) = 5f32.to_radians().sin_cos();
        let in_tote = sku.shape.length * sin + sku.shape.width * cos;
        assert!(in_tote / 2.0 < tote::INSIDE_MM.1 + 3.0, "{}: {in_tote}", sku.name);
    }
}

/// Codes that a decoder finds in a picture.
fn codes(picture: &RgbImage) -> Vec<String> {
    let grey = image::DynamicImage::from(picture.clone()).into_luma8();
    let (width, height) = grey.dimensions();
    let view =
        zxingcpp::ImageView::from_slice(grey.as_raw(), width, height, zxingcpp::ImageFormat::Lum)
            .unwrap();
    let read = zxingcpp::read()
        .formats([BarcodeFormat::EAN13, BarcodeFormat::DataMatrix])
        .try_harder(true)
        .try_invert(false);
    read.from(view).unwrap().iter().map(|code| code.text()).collect()
}

#[test]
fn a_decoder_reads_the_code_of_nearly_every_piece_from_above() {
    let (mut read, mut wrong, mut all) = (0, Vec::new(), 0);
    let mut failed = Vec::new();
    for sku in skus(24) {
        for (look, yaw, in_tote) in [(1, -8.0, false), (2, 6.0, false), (3, 8.0, true)] {
            let mut laid = Laid::normal(&sku, look, yaw);
            if in_tote {
                laid = laid.in_tote(ToteColour::ALL[sku.index as usize % 3]);
            }
            let found = codes(&picture("top", laid));
            all += 1;
            if found.contains(&sku.gtin) {
                read += 1;
            } else {
                failed.push((sku.name.clone(), look));
            }
            let bars = found.iter().filter(|code| code.len() == 13);
            wrong.extend(bars.filter(|code| **code != sku.gtin).cloned());
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(read * 100 >= all * 95, "{read} of {all}: {failed:?}");
}

#[test]
fn a_cartons_matrix_names_its_lot_and_expiry() {
    for sku in skus(24).into_iter().filter(|sku| sku.kind == Kind::Carton) {
        let found = codes(&picture("top", Laid::normal(&sku, 5, 8.0)));
        let lot = sku.lot().unwrap();
        let expiry = sku.expiry.unwrap().gs1();
        let matrix = found.iter().find(|code| code.contains(&lot) && code.contains(&expiry));
        assert!(matrix.is_some_and(|code| code.contains(&sku.gtin)), "{}: {found:?}", sku.name);
    }
}

/// A crude description: mean colours of a grid over the item, from above.
fn described(drawing: &Drawing) -> Vec<f32> {
    const SIDE: usize = 8;
    let height = drawing.pixels.len() / drawing.width;
    let solid = |at: usize| drawing.pixels[at][3] > 250;
    let rows: Vec<usize> = (0..height)
        .filter(|row| (0..drawing.width).any(|column| solid(row * drawing.width + column)))
        .collect();
    let columns: Vec<usize> = (0..drawing.width)
        .filter(|column| (0..height).any(|row| solid(row * drawing.width + column)))
        .collect();
    let (top, left) = (rows[0], columns[0]);
    let (tall, wide) = (rows.len(), columns.len());
    let mut cells = vec![[0.0f32; 4]; SIDE * SIDE];
    for row in 0..tall {
        for column in 0..wide {
            let pixel = drawing.pixels[(top + row) * drawing.width + left + column];
            let cell = &mut cells[row * SIDE / tall * SIDE + column * SIDE / wide];
            for (sum, part) in cell.iter_mut().zip([pixel[0], pixel[1], pixel[2], 255]) {
                *sum += f32::from(part);
            }
        }
    }
    let mut description = vec![tall as f32, wide as f32];
    description
        .extend(cells.iter().flat_map(|[r, g, b, count]| [r, g, b].map(|c| c * 255.0 / count)));
    description
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / a.len() as f32
}

#[test]
fn each_sku_differs_from_each_other_more_than_its_pieces_do_from_each_other() {
    let of = |sku: &Arc<Sku>, look| described(&draw::draw(&Laid::normal(sku, look, 0.0), TOP));
    let skus = skus(40);
    let drawn: Vec<[Vec<f32>; 3]> =
        skus.iter().map(|sku| [1, 2, 3].map(|look| of(sku, look))).collect();
    for (index, sku) in skus.iter().enumerate() {
        let [a, b, c] = &drawn[index];
        let own = distance(a, b).max(distance(a, c)).max(distance(b, c));
        for (other, other_sku) in skus.iter().enumerate().filter(|(other, _)| *other != index) {
            let apart = distance(a, &drawn[other][1]);
            assert!(apart > 1.3 * own, "{} {}: {apart} {own}", sku.name, other_sku.name);
        }
    }
}

#[test]
fn a_piece_looks_the_same_whenever_it_is_drawn_and_unlike_the_next_piece() {
    let sku = &skus(6)[4];
    let paint = |look| draw::draw(&Laid::normal(sku, look, 3.0), SIDE).pixels;
    assert_eq!(paint(9), paint(9));
    assert_ne!(paint(9), paint(10));
}

#[test]
fn every_fault_of_every_kind_changes_what_a_camera_sees() {
    let skus = skus(18);
    // One of each kind, and a carton with a window.
    for sku in skus[..6].iter().chain([&skus[12]]) {
        for fault in Fault::ALL.into_iter().filter(|fault| fault.suits(sku)) {
            let other = &skus[(sku.index as usize + 6) % skus.len()];
            for (look, tote) in [(1, None), (3, Some(ToteColour::Grey))] {
                let changed = |eye: Eye| {
                    let lay = |laid: Laid| match tote {
                        Some(colour) => laid.in_tote(colour),
                        None => laid,
                    };
                    let good = lay(Laid::normal(sku, look, 4.0));
                    let bad = good.clone().with_fault(fault, other);
                    let (good, bad) = (draw::draw(&good, eye), draw::draw(&bad, eye));
                    if good.pixels.len() != bad.pixels.len() {
                        return usize::MAX;
                    }
                    let pairs = good.pixels.iter().zip(&bad.pixels);
                    let differs = |a: &[u8; 4], b: &[u8; 4]| {
                        a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 24)
                    };
                    pairs.filter(|(a, b)| differs(a, b)).count()
                };
                // Lines of print change less than a hole: 40 and 10 square millimetres.
                let least = if fault.check() == Check::Damage { 280 } else { 70 };
                let top = changed(TOP);
                let is_seen = top > least || changed(SIDE) > least;
                assert!(is_seen, "{} {fault:?} {look}: {top}", sku.name);
            }
        }
    }
}

fn laid(settings: PlanSettings, count: usize) -> Vec<Laid> {
    let mut plan = Plan::new(settings);
    (0..count).map(|_| plan.lay()).collect()
}

#[test]
fn the_same_settings_give_the_same_plan() {
    let plan = |seed| laid(PlanSettings { seed, ..PlanSettings::default() }, 300);
    assert_eq!(plan(4), plan(4));
    assert_ne!(plan(4), plan(5));
}

#[test]
fn a_plan_has_the_shares_that_were_asked_for_and_every_fault() {
    let settings = PlanSettings { newcomer_from: 0, nobody_every: 0, ..PlanSettings::default() };
    let all = laid(settings, 4000);
    let share =
        |of: &dyn Fn(&Laid) -> bool| all.iter().filter(|laid| of(laid)).count() as f64 / 4000.0;
    let near = |share: f64, asked: f64| (share - asked).abs() < 0.02;
    assert!(near(share(&|laid| laid.entry.fault.is_some()), 0.15));
    assert!(near(share(&|laid| laid.entry.tote.is_some()), 0.2));
    assert!(near(share(&|laid| laid.entry.is_told), 0.9));
    let mut faults: BTreeMap<Fault, usize> = BTreeMap::new();
    for fault in all.iter().filter_map(|laid| laid.entry.fault) {
        *faults.entry(fault).or_default() += 1;
    }
    assert_eq!(faults.len(), Fault::ALL.len(), "{faults:?}");
    assert!(faults.values().all(|count| (55..=65).contains(count)), "by turns: {faults:?}");
    let skus: BTreeSet<&str> = all.iter().map(|laid| laid.entry.sku.as_str()).collect();
    assert_eq!(skus.len(), 40);
}

#[test]
fn a_zipf_plan_gives_each_rank_its_weight() {
    let settings = PlanSettings {
        skus: 5000,
        order: Order::Zipf(1.0),
        newcomer_from: 0,
        nobody_every: 0,
        ..PlanSettings::default()
    };
    let mut plan = Plan::new(settings);
    let first = plan.known()[0].name.clone();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..50_000 {
        *seen.entry(plan.lay().entry.sku).or_default() += 1;
    }
    // The harmonic number of 5000 is 9.09: the first comes in 11 of a hundred.
    let share = seen[&first] as f64 / 50_000.0;
    assert!((share - 0.11).abs() < 0.01, "{share}");
    assert!(seen.len() > 3000, "rare ones come too: {}", seen.len());
}

#[test]
fn the_newcomer_comes_from_the_middle_on_and_is_damaged_only_later() {
    let settings = PlanSettings::default();
    let all = laid(settings.clone(), 240);
    let newcomers: Vec<&Entry> =
        all.iter().map(|laid| &laid.entry).filter(|entry| entry.role == Role::Newcomer).collect();
    assert_eq!(newcomers[0].number, settings.newcomer_from);
    let first_bad = newcomers.iter().position(|entry| entry.fault.is_some());
    assert_eq!(first_bad, Some(settings.newcomer_good as usize));
    assert_eq!(newcomers[first_bad.unwrap()].expected, Expected::Divert(Check::Damage));
    assert!(newcomers[first_bad.unwrap()].number <= 120, "within two minutes at one item a second");
}

#[test]
fn what_nobody_knows_is_in_no_list_and_expected_as_such() {
    let mut plan = Plan::new(PlanSettings::default());
    let (nobody, newcomer) = (plan.nobody().name.clone(), plan.newcomer().name.clone());
    assert!(plan.known().iter().all(|sku| sku.name != nobody && sku.name != newcomer));
    let strangers: Vec<Entry> =
        (0..200).map(|_| plan.lay().entry).filter(|e| e.sku == nobody).collect();
    // One in 25; where the newcomer comes at the same time, it takes the place.
    assert!((5..=8).contains(&strangers.len()), "{}", strangers.len());
    assert!(strangers.iter().all(|entry| entry.expected == Expected::Unknown));
}

#[test]
fn a_wrong_product_is_told_as_the_right_one_and_bears_its_own_code() {
    let skus = skus(12);
    let laid = Laid::normal(&skus[0], 3, 0.0).with_fault(Fault::WrongProduct, &skus[6]);
    let entry = &laid.entry;
    assert_eq!((entry.sku.as_str(), entry.told()), ("carton-01", Some(skus[0].gtin.as_str())));
    assert_eq!(entry.really.as_deref(), Some("carton-02"));
    assert_eq!(entry.gtin, skus[6].gtin);
    assert_eq!(entry.expected, Expected::Divert(Check::Identity));
    assert_eq!(NewItem::of(laid.clone()).code.as_deref(), Some(skus[0].gtin.as_str()));
}

#[test]
fn only_the_faults_that_are_named_come_and_dates_may_be_left_to_codes() {
    let faults = vec![Fault::HeldLot, Fault::Stain, Fault::Expired];
    let settings = PlanSettings { faults, coded_dates_only: true, ..PlanSettings::default() };
    let mut plan = Plan::new(settings);
    assert!(plan.held_lots().keys().all(|sku| sku.starts_with("carton-")));
    let mut faulty: BTreeMap<Fault, usize> = BTreeMap::new();
    for entry in (0..600).map(|_| plan.lay().entry).filter(|entry| entry.role == Role::Known) {
        let Some(fault) = entry.fault else { continue };
        *faulty.entry(fault).or_default() += 1;
        let dated = matches!(fault, Fault::HeldLot | Fault::Expired);
        assert!(!dated || entry.sku.starts_with("carton-"), "{entry:?}");
    }
    assert!(faulty.len() == 3 && faulty.values().all(|count| *count > 10), "{faulty:?}");
}

#[test]
fn an_entry_survives_the_truth_file() {
    for laid in laid(PlanSettings::default(), 120) {
        let text = serde_json::to_string(&laid.entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), laid.entry, "{text}");
    }
}

#[test]
fn neighbours_at_the_smallest_pitch_stay_out_of_the_picture() {
    let skus = skus(6);
    let mut scene = Scene::new("top", 640, 480);
    let alone = scene.picture(5.0, &[], 1);
    for step in [-1.0, 1.0] {
        let laid = Laid::normal(&skus[5], 1, 15.0).in_tote(ToteColour::Red);
        // Half a picture's travel and the latency away from the middle of its window.
        let offset_mm = step * (plan::MIN_PITCH_MM - 16.0);
        let neighbour = Standing { number: 8, what: NewItem::of(laid), offset_mm };
        let seen = scene.picture(5.0, &[neighbour], 1);
        let middle =
            |picture: &RgbImage| (80..560).map(|x| picture.get_pixel(x, 240).0).collect::<Vec<_>>();
        assert_eq!(middle(&alone), middle(&seen), "{step}");
    }
}

#[test]
fn a_feed_tells_the_world_what_the_plan_says() {
    let settings = PlanSettings::default();
    let entries = laid(settings.clone(), 50);
    let mut feed = PlanFeed(Plan::new(settings));
    for laid in entries {
        let item = feed.next();
        assert_eq!(item.defect.as_deref(), laid.entry.fault.map(Fault::name));
        assert_eq!(item.length_mm, laid.length_mm());
        assert_eq!(item.laid.as_deref(), Some(&laid));
    }
}

#[test]
fn no_picture_of_the_goods_is_called_unusable() {
    use base::Picture;
    use capture::usable;

    for sku in skus(12) {
        for camera in ["top", "side"] {
            let picture = Picture::from(picture(camera, Laid::normal(&sku, 4, 5.0)));
            assert_eq!(usable::check(&picture), Ok(()), "{} from {camera}", sku.name);
        }
    }
}
