use base::picture::{Picture, PixelFormat};

use super::*;

const WIDTH: u32 = 480;
const HEIGHT: u32 = 360;
const BLUE: [f32; 3] = [44.0, 84.0, 158.0];
const RED: [f32; 3] = [170.0, 52.0, 46.0];
const GREEN: [f32; 3] = [60.0, 150.0, 70.0];
const YELLOW: [f32; 3] = [225.0, 200.0, 60.0];

/// What is painted: a tote of this colour whose middle lies there, turned by so many degrees, with an item in it that is
/// 90 x 60 pixels large.
#[derive(Clone, Copy)]
struct Scene {
    tote: Option<[f32; 3]>,
    item: Option<[f32; 3]>,
    middle: (f32, f32),
    turned: f32,
    light: f32,
    number: u32,
}

const EMPTY: Scene =
    Scene { tote: None, item: None, middle: (240.0, 180.0), turned: 0.0, light: 1.0, number: 0 };

fn scene(tote: [f32; 3]) -> Scene {
    Scene { tote: Some(tote), ..EMPTY }
}

fn with_item(tote: [f32; 3]) -> Scene {
    Scene { item: Some(YELLOW), ..scene(tote) }
}

impl Scene {
    fn colour(&self, x: u32, y: u32) -> [f32; 3] {
        let grain = |salt: u32| {
            let at = (x ^ salt).wrapping_mul(2_654_435_761)
                ^ (y + self.number * 977).wrapping_mul(40_503 + salt);
            (at >> 9 & 7) as f32 - 3.5
        };
        let (sin, cos) = self.turned.to_radians().sin_cos();
        let (dx, dy) = (x as f32 - self.middle.0, y as f32 - self.middle.1);
        let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let within = |w: f32, h: f32| u.abs() < w && v.abs() < h;
        let mut colour = [52.0, 62.0, 58.0];
        if let Some(tote) = self.tote {
            if within(130.0, 95.0) {
                colour = tote.map(|c| c * 1.1);
            }
            if within(116.0, 81.0) {
                let line = (u + 200.0) as u32 % 24 < 2 || (v + 200.0) as u32 % 24 < 2;
                colour = tote.map(|c| c * if line { 0.76 } else { 0.92 });
                // The item's shadow.
                if self.item.is_some() && (u - 12.0).abs() < 52.0 && (v - 8.0).abs() < 36.0 {
                    colour = colour.map(|c| c * 0.6);
                }
            }
        }
        if let Some(item) = self.item.filter(|_| within(45.0, 30.0)) {
            colour = item;
        }
        std::array::from_fn(|i| ((colour[i] + grain(i as u32)) * self.light).clamp(0.0, 255.0))
    }

    fn picture(&self) -> Picture {
        let at = |at: u32| self.colour(at % WIDTH, at / WIDTH);
        let pixels = (0..WIDTH * HEIGHT).flat_map(|i| at(i).map(|c| c as u8)).collect();
        Picture::from_pixels(WIDTH, HEIGHT, PixelFormat::Rgb8, pixels).unwrap()
    }
}

/// What knows a blue and a red tote, from four pictures each.
fn totes() -> Totes {
    let empty = (0..4).map(|number| Scene { number, ..EMPTY }.picture()).collect();
    let pictures = |colour| {
        let lying = |number: u32| {
            let middle = (226.0 + 9.0 * number as f32, 178.0 + number as f32);
            Scene { middle, number, ..scene(colour) }.picture()
        };
        (0..4).map(lying).collect::<Vec<_>>()
    };
    let declared = [("blue".to_owned(), pictures(BLUE)), ("red".to_owned(), pictures(RED))];
    Totes::learn(empty, &declared).unwrap()
}

fn lying(seen: Seen) -> Lying {
    match seen.ground {
        Ground::Tote(lying) => lying,
        ground => panic!("{ground:?}"),
    }
}

#[test]
fn a_tote_is_told_by_its_colour_and_found_where_it_lies_moved_and_turned() {
    let totes = totes();
    for (name, colour) in [("blue", BLUE), ("red", RED)] {
        for (middle, turned) in
            [((240.0, 180.0), 0.0), ((205.0, 170.0), 6.0), ((268.0, 196.0), -7.0)]
        {
            let scene = Scene { middle, turned, number: 9, ..with_item(colour) };
            let lying = lying(totes.look(&scene.picture()).unwrap());
            assert_eq!(lying.name, name);
            let off = (
                (lying.middle.0 * WIDTH as f32 - middle.0).abs(),
                (lying.middle.1 * HEIGHT as f32 - middle.1).abs(),
            );
            assert!(off.0 < 4.0 && off.1 < 4.0, "{off:?} of {middle:?}");
            assert!(
                (lying.turned_degrees - turned).abs() < 1.0,
                "{} of {turned}",
                lying.turned_degrees
            );
        }
    }
}

#[test]
fn what_lies_in_a_tote_is_found_without_the_tote_and_its_shadow() {
    let totes = totes();
    for turned in [0.0, 5.0] {
        let scene = Scene { turned, middle: (230.0, 184.0), number: 11, ..with_item(BLUE) };
        let mask = lying(totes.look(&scene.picture()).unwrap()).item.unwrap();
        let share = f64::from(mask.width() * mask.height()) / f64::from(WIDTH * HEIGHT);
        let area = mask.area() as f64 / share;
        assert!((area / 5400.0 - 1.0).abs() < 0.12, "{area} of 90 x 60 pixels");
    }
}

#[test]
fn the_tote_becomes_belt_and_the_item_stays_as_it_is() {
    let totes = totes();
    let scene = Scene { number: 5, ..with_item(RED) };
    let picture = scene.picture();
    let cleared = totes.look(&picture).unwrap().cleared.unwrap();
    let pixel = |picture: &Picture, x: usize, y: u32| {
        let row = picture.row(y);
        [row[3 * x], row[3 * x + 1], row[3 * x + 2]].map(f32::from)
    };
    for (x, y) in [(240, 180), (204, 156), (276, 204)] {
        assert_eq!(pixel(&cleared, x, y), pixel(&picture, x, y), "the item at {x}, {y}");
    }
    for (x, y) in [(120, 90), (130, 200), (340, 100), (20, 20), (360, 270)] {
        let [r, g, b] = pixel(&cleared, x, y);
        assert!(
            (r - 52.0).abs() < 8.0 && (g - 62.0).abs() < 8.0 && (b - 58.0).abs() < 8.0,
            "{x}, {y}: {r} {g} {b}"
        );
    }
    // In its shadow the belt is as dark as the tote's floor was.
    let [_, shaded, _] = pixel(&cleared, 300, 190);
    assert!((30.0..50.0).contains(&shaded), "{shaded}");
}

#[test]
fn an_empty_tote_has_nothing_in_it() {
    let totes = totes();
    for (colour, light) in [(BLUE, 1.0), (RED, 1.1)] {
        let scene =
            Scene { middle: (250.0, 186.0), turned: 3.0, light, number: 21, ..scene(colour) };
        let seen = totes.look(&scene.picture()).unwrap();
        assert!(seen.cleared.is_none());
        assert_eq!(lying(seen).item, None);
    }
}

#[test]
fn the_bare_belt_and_an_item_on_it_are_left_as_they_are() {
    let totes = totes();
    for item in [None, Some(YELLOW), Some(BLUE)] {
        let seen = totes.look(&Scene { item, number: 31, ..EMPTY }.picture()).unwrap();
        assert_eq!(seen.ground, Ground::Belt, "{item:?}");
        assert!(seen.cleared.is_none());
    }
}

#[test]
fn a_tote_that_nobody_declared_is_said_so_whatever_lies_in_it() {
    let totes = totes();
    for item in [None, Some(YELLOW)] {
        let scene = Scene { item, number: 41, ..scene(GREEN) };
        let seen = totes.look(&scene.picture()).unwrap();
        assert_eq!(seen.ground, Ground::Undeclared);
        assert!(seen.cleared.is_none());
    }
}

#[test]
fn pictures_that_are_missing_or_of_no_use_are_named() {
    let blue = || vec![scene(BLUE).picture()];
    let error = |empty, totes: &[(String, Vec<Picture>)]| {
        Totes::learn(empty, totes).unwrap_err().to_string()
    };
    assert!(error(Vec::new(), &[("blue".to_owned(), blue())]).contains("train/empty"));
    let empty = || vec![EMPTY.picture()];
    assert!(error(empty(), &[("blue".to_owned(), Vec::new())]).contains("empty tote blue"));
    let unseen =
        error(empty(), &[("blue".to_owned(), vec![Scene { number: 3, ..EMPTY }.picture()])]);
    assert!(unseen.contains("picture 0") && unseen.contains("nothing differs"), "{unseen}");
    let small = Picture::from_pixels(4, 4, PixelFormat::Grey8, vec![0; 16]).unwrap();
    assert!(matches!(totes().look(&small), Err(ToteError::Size)));
}
