//! Line files for the twin: a geometry that leaves the inspection enough time, free ports, and
//! every file in one folder.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use capture::CameraSection;
use damage::DeviceChoice;
use features::backbone::EngineChoice;
use inspectd::config::{
    ClockSection, ExpectedSection, FleetSection, LineFile, PolicySection, StoreSection, WebSection,
};
use inspectd::wall_clock::ClockTrust;
use line::config::io::IoSection;
use line::config::scanner::ScannerSection;
use line::config::{
    ByteOrder, ConveyorSection, DiverterSection, FallBack, FallBackSection, ItemCodeKind,
    LineFallBackSection, LineSection, PlcMode, PlcSection, WordOrder,
};
use twin::config::TwinLine;
use vision::config::{
    IdentitySection, LabelPart, LabelSection, LabelUse, LearningSection, ModelSection, ToteSection,
};

/// What is needed of [`Layout::inspection_s`] for one SKU: gathering, two views on a busy processor, and the
/// bridge's lead.
const INSPECTION_S: f64 = 1.8;
/// Position of the first camera, in millimetres; each further one stands 150 mm behind.
const FIRST_CAMERA_MM: f64 = 300.0;

/// A camera of the line to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraLayout {
    /// Its name.
    pub name: String,
    /// Width of its picture, in pixels.
    pub width_px: u32,
    /// Height of its picture, in pixels.
    pub height_px: u32,
}

/// What a line file is made from.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Where records and evidence go.
    pub store: PathBuf,
    /// Folder of the sockets. Short: a socket's path has at most 107 characters.
    pub sockets: PathBuf,
    /// Folder of the model.
    pub model: PathBuf,
    /// Folder of the references.
    pub references: PathBuf,
    /// What runs on the line, unless `identity` asks others what items are.
    pub sku: String,
    /// Items a second, from which the belt's speed follows.
    pub rate: f64,
    /// The cameras.
    pub cameras: Vec<CameraLayout>,
    /// From the last camera to the commit point, in seconds of belt travel.
    pub inspection_s: f64,
    /// The fixed scanners.
    pub scanners: Vec<ScannerSection>,
    /// Who is asked what items are.
    pub identity: IdentitySection,
    /// Where it is known what items should say.
    pub expected: ExpectedSection,
    /// The totes in which items may lie.
    pub totes: Vec<ToteSection>,
    /// What is read on items: the rendered cartons' codes, unless another thing is played.
    pub label: LabelSection,
    /// How the box learns from what passes.
    pub learning: LearningSection,
    /// How findings become verdicts and holds.
    pub policy: PolicySection,
    /// The PLC's port.
    pub plc_port: u16,
    /// The broker's port; none for a box without a fleet.
    pub broker_port: Option<u16>,
    /// The page's port.
    pub web_port: u16,
    /// What the diverter does with an item when no verdict can be followed.
    pub fall_back: FallBackSection,
}

impl CameraLayout {
    /// A camera in whose place the twin renders pictures of the usual size.
    pub fn rendered(name: &str) -> Self {
        Self { name: name.to_owned(), width_px: 640, height_px: 480 }
    }
}

impl Layout {
    /// Two cameras of 640 × 480 pixels on free ports, everything below `folder`.
    ///
    /// # Errors
    /// No port is free.
    pub fn new(folder: &Path, sockets: &Path) -> io::Result<Self> {
        Ok(Self {
            store: folder.join("store"),
            sockets: sockets.to_owned(),
            model: features::backbone::default_model_dir(),
            references: folder.join("references"),
            sku: "korall-tea".to_owned(),
            rate: 1.0,
            cameras: vec![CameraLayout::rendered("top"), CameraLayout::rendered("side")],
            inspection_s: INSPECTION_S,
            scanners: Vec::new(),
            identity: IdentitySection::default(),
            expected: ExpectedSection::default(),
            totes: Vec::new(),
            label: LabelSection {
                read: LabelUse::Codes,
                must_show: vec![LabelPart::Lot, LabelPart::Expiry],
                ..LabelSection::default()
            },
            // What the tests inspect is learned before.
            learning: LearningSection {
                learn_after_items: 0,
                folder: folder.join("learning"),
                ..LearningSection::default()
            },
            // A fifth of the twin's items is damaged: on a real line every such lot is held.
            policy: PolicySection {
                batch_ordinary_share: 0.4,
                batch_suspect_share: 0.8,
                ..PolicySection::default()
            },
            plc_port: free_port()?,
            broker_port: Some(free_port()?),
            web_port: free_port()?,
            fall_back: FallBackSection::always(FallBack::Divert),
        })
    }

    /// What the twin reads of the line file.
    pub fn twin_line(&self) -> TwinLine {
        let LineFile { line, camera, scanner, conveyor, plc, .. } = self.line_file();
        TwinLine { line, camera, scanner, conveyor, plc }
    }

    /// The line file.
    pub fn line_file(&self) -> LineFile {
        // 250 mm of belt for each item keeps neighbours out of each other's pictures.
        let speed = (250.0 * self.rate).max(300.0);
        let position_mm = |index: usize| FIRST_CAMERA_MM + 150.0 * index as f64;
        let last_camera = position_mm(self.cameras.len().saturating_sub(1));
        let commit_point_mm = (last_camera + self.inspection_s * speed).round();
        let camera = |(index, camera): (usize, &CameraLayout)| CameraSection {
            name: camera.name.clone(),
            source: format!("shm:{}", self.sockets.join(&camera.name).display()),
            width_px: camera.width_px,
            height_px: camera.height_px,
            fps: 15,
            grey_bits: 16,
            position_mm: position_mm(index),
            tolerance_mm: 40.0,
            latency_ms: 0,
            may_repeat: None,
            ring_frames: 24,
            stall_ms: 2000,
            retry_max_ms: 1000,
        };
        LineFile {
            line: LineSection {
                name: "twin".to_owned(),
                sku: self.identity.sources.is_empty().then(|| self.sku.clone()),
                bridge_socket: self.sockets.join("bridge"),
                bridge_journal: self.sockets.join("bridge.journal"),
            },
            camera: self.cameras.iter().enumerate().map(camera).collect(),
            scanner: self.scanners.clone(),
            conveyor: ConveyorSection {
                mm_per_count: 0.5,
                nominal_speed_mm_s: speed,
                exit_eye_mm: commit_point_mm + 600.0,
                slip_tolerance_mm: 60.0,
                decision_lead_ms: 100,
                min_gap_mm: 50.0,
                longest_item_mm: None,
                mid_eye: Vec::new(),
                fall_back: LineFallBackSection::default(),
                diverter: vec![DiverterSection {
                    lane: 1,
                    commit_point_mm,
                    lane_eye_mm: commit_point_mm + 300.0,
                    diverter_mm: Some(commit_point_mm + 100.0),
                    travel_ms: 60,
                    hold_mm: 30.0,
                    fall_back: self.fall_back.clone(),
                }],
            },
            plc: PlcSection {
                mode: PlcMode::Mailbox,
                address: Some(format!("127.0.0.1:{}", self.plc_port)),
                serial: None,
                unit_id: 1,
                word_order: WordOrder::default(),
                byte_order: ByteOrder::default(),
                coil_base: None,
                status_base: 0,
                command_base: 100,
                item_code: ItemCodeKind::default(),
                code_base: 150,
                cycle_ms: 10,
                timeout_ms: 500,
                heartbeat_timeout_ms: 1000,
                retry_max_ms: 500,
            },
            io: IoSection::default(),
            tote: self.totes.clone(),
            label: self.label.clone(),
            learning: self.learning.clone(),
            identity: self.identity.clone(),
            expected: self.expected.clone(),
            model: ModelSection {
                folder: self.model.clone(),
                references: self.references.clone(),
                references_mib: 64,
                damage_head: self.references.join("damage_head"),
                device: DeviceChoice::default(),
                engine: EngineChoice::default(),
            },
            policy: self.policy.clone(),
            store: StoreSection { folder: self.store.clone(), ..StoreSection::default() },
            // Machines that run tests are seldom synchronised.
            clock: ClockSection { trust: ClockTrust::Local, not_before: None },
            fleet: self.broker_port.map(|port| FleetSection {
                broker: format!("127.0.0.1:{port}"),
                site: "twin".to_owned(),
                box_name: "box-1".to_owned(),
                username: None,
                password_file: None,
                keep_alive_s: 5,
                outbox_messages: 100_000,
            }),
            web: WebSection {
                listen: SocketAddr::from(([127, 0, 0, 1], self.web_port)),
                plain_http: true,
                ..WebSection::default()
            },
        }
    }

    /// The line file as text.
    ///
    /// # Panics
    /// Never: every section is plain data.
    pub fn text(&self) -> String {
        toml::to_string(&self.line_file()).expect("a line file is plain data")
    }
}

/// A TCP port on 127.0.0.1 that nobody listens on at the moment.
///
/// # Errors
/// No port is free.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_file_made_for_the_twin_has_no_mistakes_at_any_rate() {
        let folder = tempfile::tempdir().unwrap();
        for rate in [0.2, 1.0, 2.0, 3.0] {
            let layout = Layout { rate, ..Layout::new(folder.path(), folder.path()).unwrap() };
            let path = folder.path().join("line.toml");
            std::fs::write(&path, layout.text()).unwrap();
            LineFile::read(&path).unwrap();
        }
    }
}
