//! The picture of a reading: boxes around what was read, and what it means in words below.

use image::{Rgb, RgbImage};
use imageproc::drawing::draw_line_segment_mut;

use base::caption::captioned;
use base::picture::Picture;
use meaning::dates::Role;
use meaning::line::Corners;
use meaning::reading::Reading;

/// Thickness of lines, as a share of the longer side of the picture.
const THICKNESS: f32 = 1.0 / 400.0;
const TEXT: Rgb<u8> = Rgb([0, 230, 255]);
const CODE: Rgb<u8> = Rgb([255, 0, 255]);
const DATE: Rgb<u8> = Rgb([255, 60, 60]);
const NUMBER: Rgb<u8> = Rgb([60, 220, 60]);

/// `picture` with the lines of `reading` in light blue, its codes in pink, the dates in red and lot and
/// serial number in green; and with what it says in words below.
pub fn drawn(picture: &Picture, reading: &Reading) -> RgbImage {
    let mut shown = picture.to_rgb_image();
    let boxes = reading
        .lines
        .iter()
        .map(|line| (line.corners, TEXT))
        .chain(reading.codes.iter().map(|code| (code.corners, CODE)))
        .chain(reading.lots.iter().chain(&reading.serial).map(|number| (number.corners, NUMBER)))
        .chain(reading.dates.iter().map(|date| (date.corners, DATE)));
    for (corners, colour) in boxes {
        outline(&mut shown, corners, colour);
    }
    captioned(&shown, &words(reading))
}

fn outline(picture: &mut RgbImage, corners: Corners, colour: Rgb<u8>) {
    let longer = picture.width().max(picture.height());
    let thickness = ((longer as f32 * THICKNESS).round() as i32).max(1);
    for (from, to) in corners.into_iter().zip(corners.into_iter().cycle().skip(1)) {
        // Lines side by side, and one below the other: whichever way it runs, the bundle is thick.
        for shift in 0..thickness {
            for [x, y] in [[shift as f32, 0.0], [0.0, shift as f32]] {
                let [from, to] = [from, to].map(|point| (point[0] + x, point[1] + y));
                draw_line_segment_mut(picture, from, to, colour);
            }
        }
    }
}

fn words(reading: &Reading) -> String {
    let dates = reading.dates.iter().map(|date| {
        let role = match date.role {
            Role::Expiry => "expiry",
            Role::Manufacture => "manufacture",
            Role::Unknown => "date of unknown role",
        };
        format!("{role} {}", date.text)
    });
    let lot = reading.lots.iter().map(|lot| format!("lot {}", lot.text));
    let serial = reading.serial.iter().map(|serial| format!("serial {}", serial.text));
    let gtins = reading.gtins.iter().map(|gtin| format!("GTIN {gtin}"));
    let said: Vec<String> = dates.chain(lot).chain(serial).chain(gtins).collect();
    if said.is_empty() { "no date, lot or code".to_owned() } else { said.join("; ") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use base::picture::PixelFormat;
    use meaning::dates::{Context, Region};
    use meaning::line::TextLine;

    #[test]
    fn what_was_read_is_outlined_and_told_below() {
        let picture = Picture::from_pixels(200, 100, PixelFormat::Grey8, vec![90; 20_000]).unwrap();
        let lines = vec![TextLine::level("Use by 16 NOV", 20.0, 20.0, 20.0)];
        let context = Context { region: Region::Europe, today: date(2026, 3, 1) };
        let reading = Reading::of(lines, Vec::new(), &context);
        assert_eq!(words(&reading), "expiry 16 NOV");
        let shown = drawn(&picture, &reading);
        assert!(shown.width() == 200 && shown.height() > 100);
        let place = reading.dates[0].corners[0].map(|at| at.round() as u32);
        assert_eq!(*shown.get_pixel(place[0], place[1]), DATE);
        assert_eq!(*shown.get_pixel(20, 30), TEXT);
        assert_eq!(*shown.get_pixel(10, 10), Rgb([90; 3]));
    }

    #[test]
    fn places_outside_the_picture_and_nothing_read_are_no_trouble() {
        let picture = Picture::from_pixels(2, 1, PixelFormat::Rgb8, vec![0; 6]).unwrap();
        let mut reading = Reading::default();
        assert_eq!(words(&reading), "no date, lot or code");
        reading.lines = vec![TextLine::level("x", -900.0, 4000.0, 20.0)];
        assert!(drawn(&picture, &reading).height() > 1);
    }
}
