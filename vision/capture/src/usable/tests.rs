use super::*;

const SIZE: (u32, u32) = (320, 240);

/// Whether a pixel is missing.
type Gone = fn(u32, u32) -> bool;

/// A lit item on a dark ground, with noise of two levels.
fn good(shift: u32, x: u32, y: u32) -> u8 {
    let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ (x * y)) % 3;
    let x = x + shift;
    let inside = (90..250).contains(&x) && (60..190).contains(&y);
    let shade = if inside { 120 + (x * 7 / 11 % 60) + (y / 9 % 5) * 6 } else { 30 + x / 16 };
    (shade + noise) as u8
}

fn drawn(pixel: impl Fn(u32, u32) -> u8) -> Picture {
    let (width, height) = SIZE;
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels = pixels.map(|(x, y)| pixel(x, y)).collect();
    Picture::from_pixels(width, height, PixelFormat::Grey8, pixels).unwrap()
}

fn fault(pixel: impl Fn(u32, u32) -> u8) -> Unusable {
    check(&drawn(pixel)).expect_err("it cannot be used")
}

#[test]
fn a_good_picture_can_be_used() {
    assert_eq!(check(&drawn(|x, y| good(0, x, y))), Ok(()));
}

#[test]
fn a_white_picture_cannot_and_a_white_ground_can() {
    assert!(matches!(fault(|_, _| 255), Unusable::White { .. }));
    assert!(matches!(fault(|x, y| 252 + ((x + y) % 4) as u8), Unusable::White { .. }));
    let ground = |x: u32, y: u32| {
        let (x, y) = (i64::from(x) - 160, i64::from(y) - 120);
        if x * x + y * y < 90 * 90 { 100 + ((x * y) & 15) as u8 } else { 255 }
    };
    assert_eq!(check(&drawn(ground)), Ok(()));
}

#[test]
fn a_part_that_is_missing_is_told_with_its_side() {
    for level in [0, 90] {
        let sides: [(Side, Gone); 4] = [
            (Side::Top, |_, y| y < 60),
            (Side::Bottom, |_, y| y >= 120),
            (Side::Left, |x, _| x < 60),
            (Side::Right, |x, _| x >= 200),
        ];
        for (side, gone) in sides {
            let told = fault(|x, y| if gone(x, y) { level } else { good(0, x, y) });
            assert!(matches!(told, Unusable::Missing { side: s, .. } if s == side), "{told:?}");
        }
    }
    let told = fault(|x, y| if y >= 120 { 0 } else { good(0, x, y) }).to_string();
    assert!(told.contains("its lower part is black"), "{told}");
}

/// Noise of a sensor, `-levels` to `levels`.
fn noise(levels: i32, x: u32, y: u32) -> i32 {
    let mut seed = u64::from(y) * 4096 + u64::from(x) + 1;
    seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    seed ^= seed >> 29;
    let random = seed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40;
    random as i32 % (2 * levels + 1) - levels
}

/// An item on a rough ground whose mean is 100.
fn on_rough_ground(x: u32, y: u32) -> u8 {
    let inside = (90..250).contains(&x) && (60..190).contains(&y);
    let level = if inside { 170 + (x * 7 / 11 % 40) as i32 } else { 100 };
    (level + noise(9, x, y)) as u8
}

#[test]
fn a_part_that_is_missing_is_told_although_its_level_is_that_of_the_ground() {
    assert_eq!(check(&drawn(on_rough_ground)), Ok(()));
    let sides: [(Side, Gone); 5] = [
        (Side::Top, |_, y| y < 110),
        (Side::Bottom, |_, y| y >= 120),
        (Side::Left, |x, _| x < 150),
        (Side::Right, |x, _| x >= 160),
        (Side::Middle, |_, y| (100..130).contains(&y)),
    ];
    for (side, gone) in sides {
        let told = fault(|x, y| if gone(x, y) { 100 } else { on_rough_ground(x, y) });
        assert!(matches!(told, Unusable::Missing { side: s, .. } if s == side), "{told:?}");
    }
}

#[test]
fn a_strip_that_is_missing_inside_the_picture_is_told_across_and_down() {
    let strips: [Gone; 2] = [|_, y| (90..120).contains(&y), |x, _| (150..190).contains(&x)];
    for gone in strips {
        for level in [0, 90] {
            let told = fault(|x, y| if gone(x, y) { level } else { good(0, x, y) });
            assert!(matches!(told, Unusable::Missing { side: Side::Middle, .. }), "{told:?}");
        }
    }
    let told = fault(|_, y| if (90..120).contains(&y) { 0 } else { 80 + (y % 7) as u8 });
    assert!(told.to_string().contains("a strip of it is black"), "{told}");
}

#[test]
fn an_even_ground_that_an_item_ends_is_no_missing_part() {
    // Wide, and with a straight edge; the ground beside it goes on.
    let item = |x: u32, y: u32| {
        if (20..300).contains(&x) && y > 120 { (150 + noise(5, x, y)) as u8 } else { 60 }
    };
    assert_eq!(check(&drawn(item)), Ok(()));
    // An even ground that grows brighter, and whose noise begins where it does.
    let fading = |x: u32, y: u32| {
        let level = f64::from(y) / 12.0 - 8.0 + f64::from(noise(2, x, y));
        level.max(0.0) as u8
    };
    assert_eq!(check(&drawn(fading)), Ok(()));
}

#[test]
fn a_missing_part_is_told_in_a_compressed_picture_too() {
    for level in [0u8, 100] {
        let half = drawn(|x, y| if y >= 120 { level } else { on_rough_ground(x, y) });
        let jpeg = half.to_jpeg(85).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("half.jpg");
        std::fs::write(&file, jpeg).unwrap();
        let told = check(&Picture::open(&file).unwrap());
        assert!(matches!(told, Err(Unusable::Missing { side: Side::Bottom, .. })), "{told:?}");
    }
}

#[test]
fn a_frame_around_the_picture_is_no_missing_part() {
    let framed = |x: u32, y: u32| if (40..200).contains(&y) { good(0, x, y) } else { 0 };
    assert_eq!(check(&drawn(framed)), Ok(()));
}

#[test]
fn a_drawing_whose_rows_repeat_between_other_rows_can_be_used() {
    let striped = |x: u32, y: u32| {
        if y.abs_diff(120) < 10 { good(0, x, y) } else { (x / 2) as u8 }
    };
    assert_eq!(check(&drawn(striped)), Ok(()));
}

#[test]
fn a_row_that_repeats_and_two_pictures_in_one_are_told() {
    let told = fault(|x, y| good(0, x, y.min(150)));
    assert!(matches!(told, Unusable::Repeats { .. }), "{told:?}");
    let told = fault(|x, y| good(if y < 120 { 0 } else { 30 }, x, y));
    assert!(matches!(told, Unusable::Torn { at } if (at - 0.5).abs() < 0.01), "{told:?}");
}

#[test]
fn snow_is_told_in_all_of_the_picture_or_a_part() {
    let random = |x: u32, y: u32| {
        let mut seed = u64::from(y) * 4096 + u64::from(x) + 1;
        seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        seed ^= seed >> 29;
        (seed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8
    };
    assert!(matches!(fault(random), Unusable::Snow { .. }));
    let told = fault(|x, y| if y > 160 { random(x, y) } else { good(0, x, y) });
    assert!(matches!(told, Unusable::Snow { .. }), "{told:?}");
}
