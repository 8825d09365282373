//! The inputs and diverters of `[io]`, opened on their chip, and the inputs' edges from the kernel's
//! queue.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gpiocdev::Request;
use gpiocdev::line::{EdgeDetection, EdgeKind, EventClock};

use super::{ChipInput, ChipLine, ChipOutput, Named, open, open_outputs, request};
use crate::field_io::encoder::Channel;
use crate::field_io::error::FieldIoError;
use crate::field_io::field::{Input, InputEdge};
use crate::field_io::whole_plc::{Edges, Opened, Wiring};
use crate::registers::Eye;
use line::config::BridgeConfig;
use line::config::io::{EncoderSection, EyesSection, IoSection, OutputLine};

/// Edges that the kernel keeps for us, its own maximum. An encoder of 6,000 edges a second fills it
/// in 170 ms.
const KERNEL_EDGES: u32 = 1024;
/// Edges read with one call.
const READ_EDGES: usize = 64;

/// The eyes, the encoder and the diverters that `[io]` names.
#[derive(Debug, Clone)]
pub struct ChipWiring {
    io: IoSection,
    eyes: EyesSection,
    encoder: EncoderSection,
    /// The lanes of the diverters, in the order of the line file.
    lanes: Vec<u8>,
}

impl ChipWiring {
    /// Nothing is opened yet.
    ///
    /// # Errors
    /// [`FieldIoError::Incomplete`] when `[io]` has no eyes or no encoder.
    pub fn new(config: &BridgeConfig) -> Result<Self, FieldIoError> {
        let missing = |missing| FieldIoError::Incomplete { missing };
        Ok(Self {
            io: config.io.clone(),
            eyes: config.io.eyes.clone().ok_or(missing("eyes"))?,
            encoder: config.io.encoder.clone().ok_or(missing("encoder"))?,
            lanes: config.conveyor.diverter.iter().map(|diverter| diverter.lane).collect(),
        })
    }

    /// Every eye with its line and the key that names it.
    fn eyes(&self) -> Vec<(Eye, Named)> {
        let mut eyes = vec![
            (Eye::Entry, (self.eyes.entry, "io.eyes.entry")),
            (Eye::Exit, (self.eyes.exit, "io.eyes.exit")),
        ];
        let mid = (1u8..).zip(&self.eyes.mid);
        eyes.extend(mid.map(|(number, line)| (Eye::Mid(number), (*line, "io.eyes.mid"))));
        let lanes = self.lanes.iter().zip(&self.eyes.lane);
        eyes.extend(lanes.map(|(lane, line)| (Eye::Lane(*lane), (*line, "io.eyes.lane"))));
        eyes
    }
}

impl Wiring for ChipWiring {
    type Input = ChipInput;
    type Output = ChipOutput;
    type Edges = ChipEdges;

    fn open(&mut self) -> Result<Opened<Self>, FieldIoError> {
        let eyes = self.eyes();
        let a = (self.encoder.a, "io.encoder.a");
        let b = self.encoder.b.map(|line| (line, "io.encoder.b"));
        let named: Vec<Named> = eyes.iter().map(|(_, named)| *named).chain([a]).chain(b).collect();
        let mut builder = open(&self.io.chip, &named)?;
        builder.with_kernel_event_buffer_size(KERNEL_EDGES);
        for (line, _) in &named {
            builder
                .with_line(*line)
                .as_input()
                .with_edge_detection(EdgeDetection::BothEdges)
                .with_event_clock(EventClock::Monotonic);
        }
        for (_, (line, _)) in eyes.iter().filter(|_| self.eyes.active_low) {
            builder.with_line(*line).as_active_low();
        }
        let request = Arc::new(request(&mut builder, &self.io.chip, &named, "inputs")?);
        let input =
            |line| ChipInput { line: ChipLine { request: Arc::clone(&request), offset: line } };

        let by_eye =
            eyes.iter().enumerate().map(|(index, (_, (line, _)))| (*line, Input::Eye(index)));
        let inputs = by_eye
            .chain([(a.0, Input::Encoder(Channel::A))])
            .chain(b.map(|(line, _)| (line, Input::Encoder(Channel::B))))
            .collect();
        let diverters = open_diverters(&self.io)?;
        Ok(Opened {
            eyes: eyes.iter().map(|(eye, (line, _))| (*eye, input(*line))).collect(),
            encoder: (input(a.0), b.map(|(line, _)| input(line))),
            diverters,
            edges: ChipEdges::new(Arc::clone(&request), self.io.chip.clone(), inputs),
        })
    }
}

/// Opens the diverters' outputs at their safe states; each with whether that is out.
///
/// # Errors
/// Which line cannot be opened, and why.
pub fn open_diverters(io: &IoSection) -> Result<Vec<(ChipOutput, bool)>, FieldIoError> {
    let outputs: Vec<_> = io
        .diverter
        .iter()
        .map(|diverter| {
            let line = OutputLine { line: diverter.line, active_low: diverter.active_low };
            (line, "io.diverter", diverter.safe_out)
        })
        .collect();
    let safe = io.diverter.iter().map(|diverter| diverter.safe_out);
    Ok(open_outputs(&io.chip, &outputs)?.into_iter().zip(safe).collect())
}

/// The edges of input lines, from the kernel's queue.
#[derive(Debug)]
pub struct ChipEdges {
    request: Arc<Request>,
    chip: PathBuf,
    inputs: Vec<(u32, Input)>,
    buffer: Vec<u64>,
    /// The words of `buffer` that were read and not handed out yet.
    unread: std::ops::Range<usize>,
    /// The kernel's number of the last edge.
    number: u32,
}

impl ChipEdges {
    fn new(request: Arc<Request>, chip: PathBuf, inputs: Vec<(u32, Input)>) -> Self {
        let buffer = vec![0; READ_EDGES * request.edge_event_u64_size()];
        Self { request, chip, inputs, buffer, unread: 0..0, number: 0 }
    }

    fn failed(&self, source: gpiocdev::Error) -> FieldIoError {
        let line = self.inputs.first().map_or(0, |(line, _)| *line);
        let doing = "the edges of all inputs are read";
        FieldIoError::Failed { chip: self.chip.clone(), line, doing, source }
    }
}

impl Edges for ChipEdges {
    fn next(&mut self) -> Result<Option<InputEdge>, FieldIoError> {
        if self.unread.is_empty() {
            if !self.request.has_edge_event().map_err(|source| self.failed(source))? {
                return Ok(None);
            }
            let read = self.request.read_edge_events_into_slice(&mut self.buffer);
            self.unread = 0..read.map_err(|source| self.failed(source))?;
        }
        let end = self.unread.start + self.request.edge_event_u64_size();
        let event = self.request.edge_event_from_slice(&self.buffer[self.unread.start..end]);
        let event = event.map_err(|source| self.failed(source))?;
        self.unread.start = end;

        let lost = event.seqno.wrapping_sub(self.number).wrapping_sub(1);
        self.number = event.seqno;
        if lost != 0 {
            return Err(FieldIoError::EdgesLost { chip: self.chip.clone(), lost });
        }
        let input = self.inputs.iter().find(|(line, _)| *line == event.offset);
        Ok(input.map(|(_, input)| InputEdge {
            input: *input,
            level: event.kind == EdgeKind::Rising,
            at: Duration::from_nanos(event.timestamp_ns),
        }))
    }
}
