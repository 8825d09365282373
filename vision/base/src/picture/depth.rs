//! **Depth**: from 10 to 16 bits of brightness to the 8 that scoring and records work with.
//!
//! Cameras and files keep 12 bits in 16: read as 16-bit pixels, they would be nearly black. So the
//! depth must be known. A camera's is declared (`grey_bits` in `[[camera]]`). A file does not tell
//! its own, and the smallest depth that holds its pixels would change from picture to picture, and
//! the brightness with it. Hence one rule that only 12 and 16 bits obey: see [`file_bits`].

/// Depth of a file's 16-bit samples: 12 bits while all are below 4096, else 16. A picture of full
/// 16 bits is that dark only with the lens covered.
pub(super) fn file_bits(samples: &[u16]) -> u32 {
    if samples.iter().all(|sample| *sample < 1 << 12) { 12 } else { 16 }
}

/// Samples of `bits` (8 to 16) significant bits as 8 bits each: the full range onto the full range,
/// rounded. Larger ones than the depth allows become white.
pub(super) fn reduced(samples: impl Iterator<Item = u16>, bits: u32) -> Vec<u8> {
    let most = ((1u32 << bits.clamp(8, 16)) - 1) as f32;
    samples.map(|sample| (f32::from(sample) * 255.0 / most + 0.5) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_depth_maps_black_to_black_and_white_to_white() {
        for bits in [8, 10, 12, 14, 16] {
            let white = ((1u32 << bits) - 1) as u16;
            let samples = [0, white / 2, white, u16::MAX];
            let [black, middle, white, beyond] =
                <[u8; 4]>::try_from(reduced(samples.into_iter(), bits)).unwrap();
            assert_eq!((black, white, beyond), (0, 255, 255), "{bits} bits");
            assert!(middle.abs_diff(127) <= 1, "{bits} bits: {middle}");
        }
    }

    #[test]
    fn twelve_bits_become_eight_by_rounding() {
        assert_eq!(reduced([16, 24, 4079, 4095].into_iter(), 12), [1, 1, 254, 255]);
    }

    #[test]
    fn a_file_has_twelve_bits_until_a_pixel_is_brighter_than_they_can_be() {
        assert_eq!(file_bits(&[0, 17, 4095]), 12);
        assert_eq!(file_bits(&[0, 17, 4096]), 16);
    }
}
