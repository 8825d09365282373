//! The twin: a simulated line with a belt, a PLC, cameras and scanners.
//!
//! The logic (belt, world, PLC, scene) is free of I/O and takes the time as an argument: tests run
//! it a thousand times faster than it would happen. The edge ([`modbus_server`], [`cameras`],
//! [`run`](mod@run)) puts the same logic on the host's clock, a TCP port and shared-memory video,
//! where plc-bridge and inspectd meet it exactly as they would meet a real line.
//!
//! Reading order: [`belt`], [`world`], [`plc`], [`codes`], [`line`](mod@line), [`scene`], [`goods`], [`scanner`], then the
//! edge.

pub mod belt;
pub mod cameras;
pub mod clock;
pub mod codes;
pub mod config;
pub mod goods;
pub mod line;
pub mod modbus_server;
pub mod normals;
pub mod pictures;
pub mod plc;
pub mod rng;
pub mod run;
pub mod scanner;
pub mod scene;
pub mod world;
