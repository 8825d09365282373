//! A **picture**: 8-bit pixels, colour (RGB) or grey, as they came from a camera or a file.
//!
//! The pixels stay where the camera put them: a picture can hold a mapped GStreamer buffer, whose
//! rows may be padded to a **stride** (bytes from one row's start to the next). Nothing is copied
//! until the picture is scaled for scoring or compressed for a record. The one exception is a camera
//! of more than 8 bits, whose pixels are reduced as they arrive.

mod depth;
mod file;
mod jpeg;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, RgbImage};

mod scale;

pub use jpeg::JpegFault;
pub use scale::{scaled, scaled_sharply};

/// Largest file that [`Picture::open`] reads: a 64-megapixel picture without compression.
const FILE_MAX_BYTES: u64 = 256 << 20;

/// How the bytes of a pixel are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// Three bytes: red, green, blue.
    Rgb8,
    /// One byte of brightness.
    Grey8,
}

impl PixelFormat {
    /// Bytes of one pixel.
    pub fn bytes(self) -> usize {
        match self {
            PixelFormat::Rgb8 => 3,
            PixelFormat::Grey8 => 1,
        }
    }
}

/// Why there is no picture, or no file of it.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file could not be read from the disk.
    #[error("cannot read picture {path}: {cause}; check that the file exists and may be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The file is larger than any picture should be.
    #[error(
        "picture {path} has {bytes} bytes, more than the {FILE_MAX_BYTES} that a picture may \
         have; remove it or save it smaller"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// The file has no content.
    #[error("picture {path} is empty; remove it or copy it here again")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The content is not a picture, or broken.
    #[error(
        "cannot decode picture {path}: {cause}; replace it by a whole JPEG, PNG, BMP, TIFF or WebP"
    )]
    Decode {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        cause: image::ImageError,
    },
    /// A JPEG that ends before its end marker: a part of the picture is missing.
    #[error("picture {path} is cut off before its end; copy it here again")]
    Truncated {
        /// The file.
        path: PathBuf,
    },
    /// A JPEG whose data make no sense: a part of the picture would be made up.
    #[error("picture {path} is damaged: {cause}; copy it here again or take it anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with its data.
        cause: JpegFault,
    },
    /// A floating-point pixel that is no brightness.
    #[error(
        "picture {path} has a pixel of value {value}, but brightness goes from 0 to 1; save it as \
         8-bit or 16-bit PNG or TIFF"
    )]
    NoBrightness {
        /// The file.
        path: PathBuf,
        /// The first such value; it can be infinite or not a number.
        value: f32,
    },
    /// Pixels and size do not belong together.
    #[error(
        "{bytes} bytes are not a {width}x{height} picture of {format:?} with {stride} bytes a row"
    )]
    Shape {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Bytes from row to row.
        stride: usize,
        /// How pixels are stored.
        format: PixelFormat,
        /// Bytes there are.
        bytes: usize,
    },
    /// A camera's buffer has a format that scoring does not read.
    #[error(
        "camera pixels of format {format} are none of RGB, GRAY8 and GRAY16_LE; convert them before"
    )]
    Format {
        /// GStreamer's name of the format.
        format: String,
    },
    /// A camera's buffer could not be mapped into memory.
    #[error("a camera buffer could not be mapped; the source delivers less than a whole picture")]
    Map,
    /// The encoder refused.
    #[error("cannot compress a picture as JPEG: {0}")]
    Encode(image::ImageError),
}

enum Storage {
    Owned(Vec<u8>),
    /// Boxed: the mapping describes its buffer in 664 bytes.
    Mapped(Box<gst_video::VideoFrame<gst_video::video_frame::Readable>>),
}

/// 8-bit pixels of one view, row by row from the top.
pub struct Picture {
    width: u32,
    height: u32,
    stride: usize,
    format: PixelFormat,
    storage: Storage,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{} {:?})", self.width, self.height, self.format)
    }
}

impl Picture {
    /// Reads a picture file, turned upright as its EXIF data say; deeper pixels are reduced to 8 bits and
    /// transparency is ignored. A file of 16-bit pixels counts as 12 bits deep while all its pixels are
    /// below 4096.
    pub fn open(path: impl AsRef<Path>) -> Result<Picture, PictureError> {
        let path = path.as_ref();
        file::decoded(path, &content(path)?)
    }

    /// Width and height in pixels of a picture file, as [`Picture::open`] would turn it.
    pub fn size_of(path: &Path) -> Result<(u32, u32), PictureError> {
        file::size(path, &content(path)?)
    }

    /// A picture of `pixels` that lie row by row without padding.
    pub fn from_pixels(
        width: u32,
        height: u32,
        format: PixelFormat,
        pixels: Vec<u8>,
    ) -> Result<Picture, PictureError> {
        let stride = width as usize * format.bytes();
        if width == 0 || height == 0 || pixels.len() != stride * height as usize {
            let bytes = pixels.len();
            return Err(PictureError::Shape { width, height, stride, format, bytes });
        }
        Ok(Picture { width, height, stride, format, storage: Storage::Owned(pixels) })
    }

    /// A picture that reads the mapped camera buffer `frame` in place. Pixels of two bytes, of which
    /// `grey_bits` (8 to 16) bits are significant, are reduced into memory of their own.
    pub fn from_video_frame(
        frame: gst_video::VideoFrame<gst_video::video_frame::Readable>,
        grey_bits: u32,
    ) -> Result<Picture, PictureError> {
        let (format, deep) = match frame.format() {
            gst_video::VideoFormat::Rgb => (PixelFormat::Rgb8, false),
            gst_video::VideoFormat::Gray8 => (PixelFormat::Grey8, false),
            gst_video::VideoFormat::Gray16Le => (PixelFormat::Grey8, true),
            other => {
                return Err(PictureError::Format { format: other.to_string() });
            }
        };
        let (width, height) = (frame.width(), frame.height());
        let bytes = frame.plane_data(0).map_err(|_| PictureError::Map)?.len();
        let row = width as usize * format.bytes() * if deep { 2 } else { 1 };
        let stride = frame.plane_stride().first().map_or(0, |s| (*s).max(0) as usize);
        let whole = height > 0 && bytes >= stride * (height as usize - 1) + row;
        if width == 0 || stride < row || !whole {
            return Err(PictureError::Shape { width, height, stride, format, bytes });
        }
        if deep {
            let plane = frame.plane_data(0).map_err(|_| PictureError::Map)?;
            let rows = plane.chunks(stride).take(height as usize);
            let samples = rows.flat_map(|padded| padded[..row].chunks_exact(2));
            let samples = samples.map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
            let pixels = depth::reduced(samples, grey_bits);
            return Picture::from_pixels(width, height, format, pixels);
        }
        Ok(Picture { width, height, stride, format, storage: Storage::Mapped(Box::new(frame)) })
    }

    /// The same picture in memory of its own, so that the camera's buffer returns to its pool.
    pub fn into_owned(self) -> Picture {
        match self.storage {
            Storage::Owned(_) => self,
            Storage::Mapped(_) => {
                let (width, height, format) = (self.width, self.height, self.format);
                let stride = width as usize * format.bytes();
                Picture { width, height, stride, format, storage: Storage::Owned(self.packed()) }
            }
        }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How a pixel is stored.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Bytes from one row's start to the next one's.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// All rows with their padding; the last row may lack it.
    pub fn bytes(&self) -> &[u8] {
        match &self.storage {
            Storage::Owned(pixels) => pixels,
            Storage::Mapped(frame) => {
                frame.plane_data(0).expect("plane 0 was there when the picture was made")
            }
        }
    }

    /// The pixels of row `y`, counted from the top, without padding. Panics outside the picture.
    pub fn row(&self, y: u32) -> &[u8] {
        assert!(y < self.height, "row {y} of a picture of {} rows", self.height);
        let start = y as usize * self.stride;
        &self.bytes()[start..start + self.width as usize * self.format.bytes()]
    }

    /// A copy of the pixels without padding.
    pub fn packed(&self) -> Vec<u8> {
        let row = self.width as usize * self.format.bytes();
        let mut pixels = Vec::with_capacity(row * self.height as usize);
        for y in 0..self.height {
            pixels.extend_from_slice(self.row(y));
        }
        pixels
    }

    /// The picture as a JPEG file of `quality` 1 (small) to 100 (good).
    pub fn to_jpeg(&self, quality: u8) -> Result<Vec<u8>, PictureError> {
        let color = match self.format {
            PixelFormat::Rgb8 => ExtendedColorType::Rgb8,
            PixelFormat::Grey8 => ExtendedColorType::L8,
        };
        let row = self.width as usize * self.format.bytes();
        let mut file = Cursor::new(Vec::new());
        let mut encoder = JpegEncoder::new_with_quality(&mut file, quality.clamp(1, 100));
        let done = if self.stride == row {
            encoder.encode(
                &self.bytes()[..row * self.height as usize],
                self.width,
                self.height,
                color,
            )
        } else {
            encoder.encode(&self.packed(), self.width, self.height, color)
        };
        done.map_err(PictureError::Encode)?;
        Ok(file.into_inner())
    }

    /// A copy in colour; grey pixels get three equal parts.
    pub fn to_rgb_image(&self) -> RgbImage {
        let mut pixels = self.packed();
        if self.format == PixelFormat::Grey8 {
            pixels = pixels.into_iter().flat_map(|grey| [grey; 3]).collect();
        }
        RgbImage::from_raw(self.width, self.height, pixels)
            .expect("a picture has width x height pixels")
    }
}

/// The bytes of a picture file.
fn content(path: &Path) -> Result<Vec<u8>, PictureError> {
    let read = |cause| PictureError::Read { path: path.into(), cause };
    let file = File::open(path).map_err(read)?;
    let bytes = file.metadata().map_err(read)?.len();
    if bytes == 0 {
        return Err(PictureError::Empty { path: path.into() });
    }
    if bytes > FILE_MAX_BYTES {
        return Err(PictureError::TooLarge { path: path.into(), bytes });
    }
    let mut content = Vec::with_capacity(bytes as usize);
    file.take(FILE_MAX_BYTES).read_to_end(&mut content).map_err(read)?;
    Ok(content)
}

impl From<RgbImage> for Picture {
    fn from(pixels: RgbImage) -> Picture {
        let (width, height) = pixels.dimensions();
        let (stride, format) = (width as usize * 3, PixelFormat::Rgb8);
        Picture { width, height, stride, format, storage: Storage::Owned(pixels.into_raw()) }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod upright_tests;
