//! Replay: the pictures of a folder as a camera. They come in name order, over and over, at the
//! camera's rate; each is fitted into the camera's size with its proportions kept and the rest
//! black. A file that is no picture is counted as an error and passed over.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;
use image::RgbImage;
use image::imageops::FilterType;

use crate::section::CameraSection;
use base::dataset::pictures_in;
use base::picture::Picture;

/// Feeds the pictures of `folder` into `feed` whenever the pipeline asks for one. `errors` counts
/// the files that could not be read. Fails when there is nothing to play.
pub fn play(
    feed: &gst_app::AppSrc,
    folder: &Path,
    camera: &CameraSection,
    errors: Arc<AtomicU64>,
) -> Result<(), String> {
    let files = pictures_in(folder).map_err(|error| error.to_string())?;
    if files.is_empty() {
        return Err(format!("{} holds no pictures to replay; copy some there", folder.display()));
    }
    let (width, height, fps) = (camera.width_px, camera.height_px, u64::from(camera.fps));
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgb, width, height)
        .build()
        .map_err(|error| format!("{width}x{height}: {error}"))?;
    let mut next = Playlist { files, at: 0 };
    let mut count = 0u64;
    feed.set_callbacks(
        gst_app::AppSrcCallbacks::builder()
            .need_data(move |feed, _| {
                let Some(picture) = next.picture(&errors) else {
                    gst::element_error!(
                        feed,
                        gst::ResourceError::Read,
                        ("no file of the replayed folder can be read")
                    );
                    return;
                };
                let fitted = fit(&picture.to_rgb_image(), width, height);
                let mut buffer = gst::Buffer::from_mut_slice(padded(&fitted, &info));
                let buffer_ref = buffer.get_mut().expect("a new buffer has one owner");
                let second = gst::ClockTime::SECOND;
                buffer_ref.set_pts(second.mul_div_floor(count, fps));
                buffer_ref.set_duration(second.mul_div_floor(1, fps));
                count += 1;
                // A refusal means that the pipeline is being stopped; it will ask no more.
                if let Err(error) = feed.push_buffer(buffer) {
                    tracing::debug!(%error, "replay stops");
                }
            })
            .build(),
    );
    Ok(())
}

/// Which file is next.
struct Playlist {
    files: Vec<PathBuf>,
    at: usize,
}

impl Playlist {
    /// The next readable picture; `None` when one whole round brought none.
    fn picture(&mut self, errors: &AtomicU64) -> Option<Picture> {
        for _ in 0..self.files.len() {
            let file = &self.files[self.at % self.files.len()];
            self.at += 1;
            match Picture::open(file) {
                Ok(picture) => return Some(picture),
                Err(error) => {
                    errors.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%error, "replay passes over a file");
                }
            }
        }
        None
    }
}

/// `picture` inside `width` x `height` pixels, as large as it fits, in the middle of black.
fn fit(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    let scale = (f64::from(width) / f64::from(picture.width()))
        .min(f64::from(height) / f64::from(picture.height()));
    let side = |length: u32, most: u32| ((f64::from(length) * scale).round() as u32).clamp(1, most);
    let (inner_width, inner_height) =
        (side(picture.width(), width), side(picture.height(), height));
    let inner = image::imageops::resize(picture, inner_width, inner_height, FilterType::Triangle);
    let mut fitted = RgbImage::new(width, height);
    image::imageops::replace(
        &mut fitted,
        &inner,
        i64::from((width - inner_width) / 2),
        i64::from((height - inner_height) / 2),
    );
    fitted
}

/// The pixels with the row padding that GStreamer expects.
fn padded(picture: &RgbImage, info: &gst_video::VideoInfo) -> Vec<u8> {
    let stride = info.stride()[0].unsigned_abs() as usize;
    let row = picture.width() as usize * 3;
    let mut bytes = vec![0; info.size()];
    for (to, from) in bytes.chunks_mut(stride).zip(picture.as_raw().chunks(row)) {
        to[..row].copy_from_slice(from);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_another_shape_keeps_its_proportions() {
        let white = RgbImage::from_pixel(20, 10, image::Rgb([255; 3]));
        let fitted = fit(&white, 40, 40);
        assert_eq!(fitted.dimensions(), (40, 40));
        assert_eq!(fitted.get_pixel(20, 5).0, [0; 3], "above the picture it is black");
        assert_eq!(fitted.get_pixel(20, 20).0, [255; 3]);
        assert_eq!(fitted.get_pixel(0, 20).0, [255; 3], "it fills the width");
    }

    #[test]
    fn a_playlist_passes_over_broken_files_and_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        RgbImage::new(4, 4).save(folder.path().join("a.png")).unwrap();
        std::fs::write(folder.path().join("b.jpg"), b"no picture").unwrap();
        RgbImage::new(6, 4).save(folder.path().join("c.png")).unwrap();
        let errors = AtomicU64::new(0);
        let mut list = Playlist { files: pictures_in(folder.path()).unwrap(), at: 0 };
        let widths: Vec<u32> = (0..4).map(|_| list.picture(&errors).unwrap().width()).collect();
        assert_eq!(widths, [4, 6, 4, 6]);
        assert_eq!(errors.load(Ordering::Relaxed), 2);
    }
}
