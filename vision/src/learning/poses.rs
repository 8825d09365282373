//! **Coverage of poses**: of the ways in which items of a product lie before the camera, how many the pictures show
//! that its reference was learned from.
//!
//! Ways of lying that were seen once only hint at others that were not seen yet. The share of items whose way of lying
//! is unknown is estimated by the share of pictures that are alone in showing theirs (Good, The population frequencies
//! of species, Biometrika 40, 1953). Two pictures show one way of lying where small grey copies of them match after a
//! shift: print and damage hardly change a copy, turning the item does.

use base::picture::{Picture, scaled};

/// Side of a copy, in pixels: of an item that fills half a view a dozen pixels remain.
const SIDE: u32 = 32;
/// How far one copy is shifted against another one, in pixels.
const SHIFT: i32 = 4;
/// Least correlation of copies that show one way of lying.
const ALIKE: f64 = 0.8;

/// A small grey copy of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    grey: Vec<f64>,
}

impl Copy {
    /// The copy of `picture`.
    pub fn of(picture: &Picture) -> Self {
        let small = scaled(picture, None, SIDE, SIDE);
        let grey = |pixel: &[u8]| pixel.iter().map(|channel| f64::from(*channel)).sum();
        Self { grey: small.chunks_exact(picture.format().bytes()).map(grey).collect() }
    }

    /// The greatest correlation with `other` over all shifts, -1 to 1; 0 where one of them is blank.
    fn likeness(&self, other: &Self) -> f64 {
        let shifts =
            (-SHIFT..=SHIFT).flat_map(|down| (-SHIFT..=SHIFT).map(move |right| (right, down)));
        shifts.map(|shift| self.correlation(other, shift)).fold(-1.0, f64::max)
    }

    fn correlation(&self, other: &Self, (right, down): (i32, i32)) -> f64 {
        let side = SIDE as i32;
        let (mut count, mut sums) = (0.0, [0.0; 5]);
        for y in down.max(0)..side.min(side + down) {
            for x in right.max(0)..side.min(side + right) {
                let a = self.grey[(y * side + x) as usize];
                let b = other.grey[((y - down) * side + x - right) as usize];
                count += 1.0;
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += value;
                }
            }
        }
        let [a, b, aa, bb, ab] = sums.map(|sum| sum / count);
        let spread = ((aa - a * a) * (bb - b * b)).sqrt();
        if spread > 1.0 { (ab - a * b) / spread } else { 0.0 }
    }
}

/// What is known of the ways in which a product lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Pictures.
    pub pictures: usize,
    /// Those of them that no other one is like.
    pub alone: usize,
}

impl Coverage {
    /// The coverage that `copies` show.
    pub fn of(copies: &[Copy]) -> Self {
        let is_alone = |(at, copy): &(usize, &Copy)| {
            let others = copies.iter().enumerate().filter(|(other, _)| other != at);
            others.into_iter().all(|(_, other)| copy.likeness(other) < ALIKE)
        };
        let alone = copies.iter().enumerate().filter(is_alone).count();
        Self { pictures: copies.len(), alone }
    }

    /// The estimated share of items whose way of lying is known; none without pictures.
    pub fn share(&self) -> Option<f64> {
        (self.pictures > 0).then(|| 1.0 - self.alone as f64 / self.pictures as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::imageops::{rotate90, rotate180};
    use image::{Rgb, RgbImage};

    /// A long item with a mark at one end, on a grey belt, moved a little.
    fn lying(right: u32, down: u32) -> RgbImage {
        RgbImage::from_fn(160, 160, |x, y| {
            let (x, y) = (x as i32 - 20 - right as i32, y as i32 - 60 - down as i32);
            let inside = (0..120).contains(&x) && (0..40).contains(&y);
            let mark = inside && x < 25;
            Rgb(if mark {
                [20, 20, 20]
            } else if inside {
                [230, 220, 190]
            } else {
                [110, 112, 115]
            })
        })
    }

    fn coverage(pictures: &[RgbImage]) -> Coverage {
        Coverage::of(
            &pictures.iter().map(|one| Copy::of(&Picture::from(one.clone()))).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn an_item_that_lies_one_way_is_known_wherever_it_lies() {
        let pictures: Vec<_> = (0..6).map(|at| lying(at * 2, at)).collect();
        let known = coverage(&pictures);
        assert_eq!((known.alone, known.share()), (0, Some(1.0)));
    }

    #[test]
    fn ways_that_were_seen_once_hint_at_others() {
        let turned = rotate90(&lying(3, 3));
        let other = rotate180(&lying(0, 0));
        let known = coverage(&[lying(0, 0), lying(4, 2), lying(2, 5), turned, other]);
        assert_eq!((known.pictures, known.alone), (5, 2));
        assert!((known.share().unwrap() - 0.6).abs() < 1e-9);
    }

    #[test]
    fn one_picture_knows_nothing_and_a_blank_one_is_like_no_other() {
        assert_eq!(coverage(&[]).share(), None);
        assert_eq!(coverage(&[lying(0, 0)]).share(), Some(0.0));
        let blank = RgbImage::from_pixel(40, 30, Rgb([128; 3]));
        assert_eq!(coverage(&[blank.clone(), blank]).alone, 2);
    }
}
