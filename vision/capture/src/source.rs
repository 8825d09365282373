//! From a camera's **source** in the line file to a GStreamer pipeline in `gst-launch` notation.
//!
//! | source | pictures come from |
//! | --- | --- |
//! | `v4l2:/dev/video0` | a camera that Linux knows as a video device (USB, frame grabber) |
//! | `csi:0` | a camera on the CSI port of a Jetson, by sensor number |
//! | `gige:<name>` | a GigE Vision camera, by serial number or Aravis name |
//! | `rtsp://host/path` | a network camera |
//! | `replay:<folder>` | the picture files of a folder, in name order, over and over |
//! | `shm:<socket>` | RGB pictures that another process shares through `shmsink` |
//! | anything else | a pipeline in `gst-launch` notation without its sink |
//!
//! Every pipeline ends in the same tail: pixels become RGB or stay grey, in the size that the line
//! file states. Both converters pass buffers through untouched when nothing is to be converted.

use std::path::PathBuf;

use crate::section::CameraSection;

/// Schemes that a source may begin with, for the message about one that we do not know.
const KNOWN: &str = "v4l2:/dev/video0, csi:0, gige:<serial>, rtsp://host/path, replay:<folder>, shm:<socket>, \
     or a pipeline in gst-launch notation";

/// Why a source cannot be understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SourceError {
    /// It begins with a scheme that does not exist here.
    #[error("camera source `{source_text}`: unknown scheme `{scheme}:`; known are {KNOWN}")]
    UnknownScheme {
        /// What the line file says.
        source_text: String,
        /// The part before the colon.
        scheme: String,
    },
    /// Nothing follows the scheme, or it is not what the scheme needs.
    #[error("camera source `{source_text}`: {scheme}: needs {needs}; write for example {example}")]
    Incomplete {
        /// What the line file says.
        source_text: String,
        /// The scheme.
        scheme: &'static str,
        /// What is missing.
        needs: &'static str,
        /// How it is written.
        example: &'static str,
    },
}

/// A source that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The pipeline, up to and without the sink, whose pictures have the stated size.
    pub description: String,
    /// The folder whose pictures are fed into the pipeline's `appsrc`, for `replay:`.
    pub replay: Option<PathBuf>,
    /// Whether pictures must leave the source's own memory at once. A shared-memory writer blocks
    /// when its readers keep its buffers, and a ring of frames would.
    pub copy_out: bool,
}

impl Source {
    /// Understands the source of `camera`.
    pub fn parse(camera: &CameraSection) -> Result<Source, SourceError> {
        let text = camera.source.trim();
        let (width, height, fps) = (camera.width_px, camera.height_px, camera.fps);
        let size = format!("width={width},height={height}");
        let rate = format!("framerate={fps}/1");
        let incomplete = |scheme, needs, example| SourceError::Incomplete {
            source_text: text.to_owned(),
            scheme,
            needs,
            example,
        };
        let mut replay = None;
        let head = match scheme(text) {
            None => text.to_owned(),
            Some(("v4l2", device)) => {
                if !device.starts_with('/') {
                    return Err(incomplete("v4l2", "a device file", "v4l2:/dev/video0"));
                }
                // Many USB cameras reach their full rate only with JPEG; decodebin passes raw
                // pictures through.
                format!(
                    "v4l2src device={} ! capsfilter \
                     caps=\"video/x-raw,{size},{rate};image/jpeg,{size},{rate}\" ! decodebin",
                    quoted(device)
                )
            }
            Some(("csi", sensor)) => {
                let sensor: u32 = sensor
                    .parse()
                    .map_err(|_| incomplete("csi", "the number of the sensor", "csi:0"))?;
                format!(
                    "nvarguscamerasrc sensor-id={sensor} ! \
                     video/x-raw(memory:NVMM),{size},{rate} ! nvvidconv ! video/x-raw,format=BGRx"
                )
            }
            Some(("gige", name)) => {
                if name.is_empty() {
                    return Err(incomplete("gige", "a serial number", "gige:12345678"));
                }
                format!(
                    "aravissrc camera-name={} ! capsfilter caps=\"video/x-raw,{size},{rate}\"",
                    quoted(name)
                )
            }
            Some(("rtsp" | "rtsps", rest)) => {
                if !rest.starts_with("//") || rest.len() == 2 {
                    return Err(incomplete("rtsp", "an address", "rtsp://192.168.1.10/stream"));
                }
                // 100 ms against jitter; RTP over TCP loses no part of a picture.
                format!(
                    "rtspsrc location={} latency=100 protocols=tcp ! \
                     application/x-rtp,media=video ! decodebin",
                    quoted(text)
                )
            }
            Some(("replay", folder)) => {
                if folder.is_empty() {
                    return Err(incomplete("replay", "a folder", "replay:/var/lib/pictures"));
                }
                replay = Some(PathBuf::from(folder));
                format!(
                    "appsrc name={REPLAY_FEED} format=time is-live=false max-buffers=2 block=false \
                     caps=\"video/x-raw,format=RGB,{size},{rate}\""
                )
            }
            Some(("shm", socket)) => {
                if socket.is_empty() {
                    return Err(incomplete("shm", "a socket", "shm:/run/camera.sock"));
                }
                format!(
                    "shmsrc socket-path={} is-live=true do-timestamp=true ! \
                     capsfilter caps=\"video/x-raw,format=RGB,{size},{rate}\"",
                    quoted(socket)
                )
            }
            Some((unknown, _)) => {
                let scheme = unknown.to_owned();
                return Err(SourceError::UnknownScheme { source_text: text.to_owned(), scheme });
            }
        };
        let deep = if camera.grey_bits < 16 { ",GRAY16_LE" } else { "" };
        Ok(Source {
            copy_out: head.contains("shmsrc"),
            description: format!(
                "{head} ! videoconvert ! videoscale ! \
                 capsfilter caps=\"video/x-raw,format={{RGB,GRAY8{deep}}},{size}\""
            ),
            replay,
        })
    }
}

/// Name of the element through which a replayed folder enters its pipeline.
pub const REPLAY_FEED: &str = "replay";

/// Splits `scheme:rest`. A pipeline has blanks or assignments before its first colon, if any.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let word = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    word.then_some((scheme, rest))
}

/// A value in the quotes of gst-launch, so that blanks and special characters survive.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What to install for a GStreamer element that a source can need, by its Debian package.
pub fn package_of(element: &str) -> &'static str {
    match element {
        "aravissrc" => "package libaravis-0.8-0",
        "nvarguscamerasrc" | "nvvidconv" => "package nvidia-l4t-gstreamer (NVIDIA Jetson only)",
        "shmsrc" | "shmsink" => "package gstreamer1.0-plugins-bad",
        "v4l2src" | "rtspsrc" | "jpegdec" | "pngdec" | "multifilesrc" => {
            "package gstreamer1.0-plugins-good"
        }
        "appsrc" | "videoconvert" | "videoscale" | "decodebin" | "videotestsrc" => {
            "package gstreamer1.0-plugins-base"
        }
        _ => "the package that brings it, or correct its name",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(source: &str) -> CameraSection {
        CameraSection { source: source.into(), ..crate::section::tests::camera("top") }
    }

    fn parse(source: &str) -> Result<Source, SourceError> {
        Source::parse(&camera(source))
    }

    #[test]
    fn each_scheme_becomes_its_element() {
        for (source, element) in [
            ("v4l2:/dev/video3", "v4l2src device=\"/dev/video3\" "),
            ("csi:1", "nvarguscamerasrc sensor-id=1 "),
            ("gige:Aravis-Fake-GV01", "aravissrc camera-name=\"Aravis-Fake-GV01\" "),
            ("rtsp://10.0.0.5/one", "rtspsrc location=\"rtsp://10.0.0.5/one\" "),
            ("replay:/some/where", "appsrc name=replay "),
            ("shm:/run/my socket", "shmsrc socket-path=\"/run/my socket\" "),
            ("videotestsrc is-live=true ! identity", "videotestsrc is-live=true ! identity "),
        ] {
            let parsed = parse(source).unwrap();
            assert!(parsed.description.starts_with(element), "{source}: {}", parsed.description);
            assert!(parsed.description.contains("width=640,height=480"));
        }
    }

    #[test]
    fn only_shared_memory_is_copied_out() {
        assert!(parse("shm:/run/s").unwrap().copy_out);
        assert!(parse("shmsrc socket-path=/run/s").unwrap().copy_out);
        assert!(!parse("v4l2:/dev/video0").unwrap().copy_out);
    }

    #[test]
    fn two_byte_greys_reach_the_sink_only_where_their_depth_is_declared() {
        let mut mono12 = camera("gige:12345678");
        assert!(!Source::parse(&mono12).unwrap().description.contains("GRAY16"));
        mono12.grey_bits = 12;
        assert!(Source::parse(&mono12).unwrap().description.contains("{RGB,GRAY8,GRAY16_LE}"));
    }

    #[test]
    fn an_unknown_scheme_names_the_known_ones() {
        let error = parse("usb:0").unwrap_err().to_string();
        for word in ["`usb:`", "v4l2:", "csi:", "gige:", "rtsp:", "replay:", "shm:", "gst-launch"] {
            assert!(error.contains(word), "{word} is missing in: {error}");
        }
    }

    #[test]
    fn a_scheme_with_nothing_behind_it_says_what_is_missing() {
        for source in ["v4l2:", "csi:first", "gige:", "rtsp:", "rtsp://", "replay:", "shm:"] {
            let error = parse(source).unwrap_err();
            assert!(matches!(error, SourceError::Incomplete { .. }), "{source}: {error}");
            assert!(error.to_string().contains("for example"));
        }
    }

    #[test]
    fn a_colon_inside_a_pipeline_is_no_scheme() {
        let source = "filesrc location=http://x ! decodebin";
        assert!(parse(source).unwrap().description.starts_with(source));
    }
}
