//! Draws a laid item as a camera sees it.

use super::{
    catalogue::{Kind, Shape, Sku},
    fault::Fault,
    label::Says,
    laid::Laid,
    material::Material,
    mesh::{Mesh, V3},
    piece::Piece,
    prints,
    raster::{Drawing, Eye, Raster},
    shadow::Shadow,
    shapes, tote,
    wear::Dent,
};
use crate::{rng::Rng, scene::canvas::Canvas};

/// Length along the belt of a thing of this size, turned by `yaw` radians, in millimetres.
pub fn length_on_belt(sku: &Sku, yaw: f32) -> f32 {
    match sku.kind {
        Kind::Tin => sku.shape.length,
        _ => sku.shape.length * yaw.cos().abs() + sku.shape.width * yaw.sin().abs(),
    }
}

/// Draws an item, and the tote around it; where x = 0 is the middle of its length.
pub fn draw(laid: &Laid, eye: Eye) -> Drawing {
    let piece = Piece::of(laid.entry.look);
    let in_tote = laid.entry.tote;
    let item = laid.body.as_ref().map(|sku| {
        let fault = laid.entry.fault;
        let says = says(laid);
        let prints = prints::of(sku, &says, fault, &piece, in_tote.is_some());
        let mut mesh = shape(sku, fault, &piece);
        damage(&mut mesh, sku, fault, &piece, in_tote.is_some());
        let yaw = laid.entry.yaw_degrees.to_radians();
        mesh.bend(|place| place.map(|part| part * piece.scale));
        mesh.lay(yaw, [0.0, 0.0, 0.0]);
        settle(&mut mesh, &piece, in_tote.is_some());
        mesh.find_normals();
        (mesh, pixels(prints))
    });
    let tote = in_tote.map(|colour| {
        let number = (laid.entry.look % 900) as u32 + 100;
        let mut mesh = tote::mesh();
        mesh.find_normals();
        (mesh, pixels(tote::prints(colour, number)))
    });
    let things: Vec<&Mesh> = item.iter().chain(&tote).map(|(mesh, _)| mesh).collect();
    let bounds = bounds(&things);
    let shadow = Shadow::of(&things, bounds, in_tote.map(|_| tote::walls()));
    let mut raster = Raster::new(eye, bounds);
    // The item last: its clear film shows what lies behind it.
    for (mesh, prints) in tote.iter().chain(&item) {
        raster.draw(mesh, prints, &shadow, piece.light);
    }
    raster.finish(&shadow)
}

fn pixels(prints: Vec<Canvas>) -> Vec<image::RgbaImage> {
    prints.into_iter().map(|print| print.picture).collect()
}

fn bounds(things: &[&Mesh]) -> (V3, V3) {
    let mut bounds = ([0.0; 3], [0.0; 3]);
    for (low, high) in things.iter().map(|mesh| mesh.bounds()) {
        for axis in 0..3 {
            bounds.0[axis] = f32::min(bounds.0[axis], low[axis]);
            bounds.1[axis] = f32::max(bounds.1[axis], high[axis]);
        }
    }
    bounds
}

/// What the label says: the code, lot and dates of this piece.
fn says(laid: &Laid) -> Says {
    let entry = &laid.entry;
    Says {
        gtin: entry.gtin.clone(),
        lot: entry.lot.clone(),
        expiry: entry.expiry,
        size: entry.size.clone(),
    }
}

fn shape(sku: &Sku, fault: Option<Fault>, piece: &Piece) -> Mesh {
    let shape = sku.shape;
    match sku.kind {
        Kind::Carton => shapes::cuboid(shape, [Material::COATED; 3], 0.9, piece.folds),
        Kind::Book => {
            let leaves = Material::MATT;
            shapes::cuboid(shape, [Material::LAMINATED, leaves, leaves], 0.5, piece.folds)
        }
        Kind::Bottle => shapes::bottle(shape, piece.roll, fault != Some(Fault::UnitMissing)),
        Kind::Tin => shapes::tin(shape),
        Kind::Pouch => shapes::pouch(shape, piece.folds),
        Kind::Garment => shapes::garment(shape, piece.folds),
    }
}

/// Dents and folds of a fault.
fn damage(mesh: &mut Mesh, sku: &Sku, fault: Option<Fault>, piece: &Piece, on_top: bool) {
    let Shape { length, width, height } = sku.shape;
    let mut rng = Rng::new(piece.seed ^ 0x6465_6E74);
    let (half_l, half_w) = (length / 2.0, width / 2.0);
    let end = if rng.chance(0.5) { 1.0 } else { -1.0 };
    // The near side is seen by both cameras.
    let side = if on_top && rng.chance(0.5) { -1.0 } else { 1.0 };
    let along = end * rng.between(0.15, 0.5) as f32 * length;
    let seed = rng.bits();
    let dent = match (fault, sku.kind) {
        (Some(Fault::DentedEdge), Kind::Tin) => {
            let angle = rng.between(0.5, 2.6) as f32;
            let (sin, cos) = angle.sin_cos();
            let at = [half_l * cos, half_l * sin * side, height];
            let push = [-11.0 * cos, -11.0 * sin * side, -7.0];
            Dent { at, push, reach: 27.0, creases: 1.2, seed }
        }
        (Some(Fault::DentedEdge), Kind::Book) => {
            // A corner is turned up and folded back.
            let at = [end * half_l, side * half_w, height];
            let push = [-end * 13.0, -side * 13.0, 9.0];
            Dent { at, push, reach: 36.0, creases: 2.6, seed }
        }
        (Some(Fault::DentedEdge), _) => {
            let at = [along, side * half_w, height];
            let push = [0.0, -side * 12.0, -f32::min(11.0, height * 0.3)];
            Dent { at, push, reach: 27.0, creases: 2.4, seed }
        }
        (Some(Fault::Crushed), Kind::Bottle) => {
            let at = [along * 0.35 - 14.0, half_w * 0.5, width * 0.93];
            let push = [0.0, -8.0, -width * 0.3];
            Dent { at, push, reach: 34.0, creases: 2.6, seed }
        }
        (Some(Fault::Crushed), Kind::Tin) => {
            let at = [end * half_l * 0.72, side * half_l * 0.62, height];
            let push = [-end * 9.0, -side * 9.0, -f32::min(17.0, height * 0.4)];
            Dent { at, push, reach: 42.0, creases: 2.2, seed }
        }
        (Some(Fault::Crushed), _) => {
            let at = [end * half_l, side * half_w, height];
            let push = [-end * 20.0, -side * 17.0, -f32::min(22.0, height * 0.5)];
            Dent { at, push, reach: 50.0, creases: 4.2, seed }
        }
        // What pierces something soft pulls it in.
        (Some(Fault::Puncture), Kind::Pouch) => {
            let at = [0.0, 0.0, height * 0.9];
            Dent { at, push: [0.0, 0.0, -height * 0.3], reach: 46.0, creases: 2.2, seed }
        }
        _ => return,
    };
    dent.apply(mesh);
}

/// Shifts an item to where it lies: off the middle of the belt, or onto a tote's floor within its walls.
fn settle(mesh: &mut Mesh, piece: &Piece, in_tote: bool) {
    let (low, high) = mesh.bounds();
    if !in_tote {
        mesh.lay(0.0, [0.0, piece.across, 0.0]);
        return;
    }
    let (half_length, half_width) = tote::INSIDE_MM;
    let mut rng = Rng::new(piece.seed ^ 0x746F_7465);
    let mut within = |low: f32, high: f32, half: f32| {
        let play = (half - (high - low) / 2.0 - 1.0).clamp(0.0, 9.0);
        -(low + high) / 2.0 + rng.between(-1.0, 1.0) as f32 * play
    };
    let by =
        [within(low[0], high[0], half_length), within(low[1], high[1], half_width), tote::FLOOR_MM];
    mesh.lay(0.0, by);
}
