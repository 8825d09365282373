//! The prints of a piece: the art of its SKU, its label, and what happened to its surface.

use std::f32::consts::PI;

use super::{
    art,
    brush::{self, Area, PLAIN, fill, fitted},
    catalogue::{Kind, Sku},
    fault::Fault,
    label::{self, EAN_WIDTH, Says},
    piece::Piece,
    shapes::{BAG, LABEL_FROM, LABEL_TO},
    style::{hsl, shaded},
    wear, window,
};
use crate::{
    rng::Rng,
    scene::canvas::{Canvas, mix},
};

/// The prints in the order in which the kind's surfaces number them. `says` is what the label says,
/// `on_top` that only the top is seen, as in a tote.
pub fn of(
    sku: &Sku,
    says: &Says,
    fault: Option<Fault>,
    piece: &Piece,
    on_top: bool,
) -> Vec<Canvas> {
    let mut prints = match sku.kind {
        Kind::Carton => carton(sku, says, fault, piece),
        Kind::Book => book(sku, says, piece),
        Kind::Bottle => bottle(sku, says, piece),
        Kind::Tin => tin(sku, says, piece),
        Kind::Pouch => vec![pouch(sku, says, piece)],
        Kind::Garment => vec![garment(sku, says, piece)],
    };
    let mut rng = Rng::new(piece.seed ^ 0x6661_756C);
    // On the front only where it is large enough to be seen by the camera at the side.
    let on_front =
        !on_top && sku.kind == Kind::Carton && sku.shape.height > 48.0 && rng.chance(0.4);
    let face = &mut prints[usize::from(on_front)];
    // Holes and stains spare the code and the lines below it: what cannot be read is another story.
    let whole = Area::of(face).within(5.0);
    let area = match sku.kind {
        Kind::Carton if on_front => whole,
        Kind::Carton => Area { height: whole.height - label::STICKER.1 - 1.0, ..whole },
        Kind::Book => Area { height: whole.height - 20.0, ..whole },
        // Its upper side, above the code.
        Kind::Bottle => Area { y: face.height_mm() / 2.0 - 29.0, height: 22.0, ..whole },
        Kind::Tin => {
            let radius = sku.shape.length / 2.0;
            Area::new(radius - 30.0, radius - 34.0, 60.0, 28.0)
        }
        Kind::Pouch => Area { height: whole.height - 33.0, ..whole }.within(4.0),
        Kind::Garment => {
            Area { height: whole.height - label::STICKER.1 - 6.0, ..whole }.within(5.0)
        }
    };
    match fault {
        Some(Fault::Torn) => wear::tear(face, area, sku.kind, &mut rng),
        Some(Fault::Stain) => wear::stain(face, area, &mut rng),
        Some(Fault::Puncture) => {
            wear::puncture(face, area, sku.kind, &mut rng);
        }
        _ => {}
    }
    prints
}

fn carton(sku: &Sku, says: &Says, fault: Option<Fault>, piece: &Piece) -> Vec<Canvas> {
    let (length, width, height) = (sku.shape.length, sku.shape.width, sku.shape.height);
    let shift = piece.register;
    let mut top = art::ground(length, width, sku, shift);
    let (sticker_width, sticker_height) = label::STICKER;
    let below = width - sticker_height - 5.0;
    let (x, y) = ((length - sticker_width) / 2.0 + piece.label.0, below + 2.0 + piece.label.1);
    if sku.units > 0 {
        let pane = Area::new(6.0, 5.0, length - 12.0, below - 7.0);
        window::units(&mut top, pane, sku, fault == Some(Fault::UnitMissing), piece);
    } else {
        let beside = if below > 24.0 { below } else { 0.0 };
        art::brand(&mut top, Area::new(4.0, 3.0, length - 8.0 - beside, below - 4.0), sku, shift);
        if beside > 0.0 {
            let area = Area::new(length - beside - 1.0, 2.5, beside - 2.0, below - 3.0);
            art::picture(&mut top, area, sku, shift);
        }
    }
    // The flap's edge, and the slit beside it.
    let slit = shaded(sku.style.ground, 0.7);
    fill(&mut top, Area::new(0.0, width - 1.9, length, 0.5), slit);
    label::sticker(&mut top, (x, y), says);
    let front = art::face(length, height, sku, shift);
    let mut end = art::ground(width, height, sku, shift);
    art::brand(
        &mut end,
        Area::new(6.0, height * 0.2, width - 12.0, (height * 0.5).min(24.0)),
        sku,
        shift,
    );
    for face in [&mut top, &mut end] {
        worn(face, 0.9);
    }
    let mut front = front;
    worn(&mut front, 0.9);
    vec![top, front, end]
}

/// Edges of board are worn and catch less light.
fn worn(face: &mut Canvas, strength: f32) {
    let (width, height) = (face.width_mm(), face.height_mm());
    face.each(|x, y, pixel| {
        let inside = x.min(y).min(width - x).min(height - y);
        if inside < 1.0 {
            for channel in &mut pixel[..3] {
                *channel = mix(*channel, 196, 0.24 * strength * (1.0 - inside));
            }
        }
    });
}

fn book(sku: &Sku, says: &Says, piece: &Piece) -> Vec<Canvas> {
    let (length, width, height) = (sku.shape.length, sku.shape.width, sku.shape.height);
    let style = &sku.style;
    let shift = piece.register;
    let mut cover = art::ground(length, width, sku, shift);
    let field = 18.5;
    let title = Area::new(7.0, 6.0, length - 11.0, width * 0.27);
    art::brand(&mut cover, title, sku, shift);
    let picture = Area::new(
        10.0,
        title.y + title.height + 3.0,
        length - 16.0,
        width - title.height - field - 18.0,
    );
    art::picture(&mut cover, picture, sku, shift);
    let (x, y) = (length - EAN_WIDTH - 3.0, width - field - 3.5);
    label::ean(&mut cover, (x + piece.label.0 * 0.3, y + piece.label.1 * 0.3), field, &says.gtin);
    // The joint along the spine.
    fill(&mut cover, Area::new(3.4, 0.0, 1.2, width), shaded(style.ground, 0.72));
    let leaves = |width: f32| {
        let mut pages = Canvas::new(width, height, [228, 220, 200]);
        let mut rng = Rng::new(style.seed);
        let lines: Vec<f32> =
            (0..(height * 4.0) as usize + 1).map(|_| rng.between(0.84, 1.04) as f32).collect();
        pages.each(|_, y, pixel| {
            let light = lines[((y * 4.0) as usize).min(lines.len() - 1)];
            for channel in &mut pixel[..3] {
                *channel = (f32::from(*channel) * light) as u8;
            }
        });
        fill(&mut pages, Area::new(0.0, 0.0, width, 1.4), shaded(style.ground, 0.85));
        fill(&mut pages, Area::new(0.0, height - 1.4, width, 1.4), shaded(style.ground, 0.7));
        fill(&mut pages, Area::new(0.0, 1.4, width, 0.8), [120, 112, 98]);
        pages
    };
    vec![cover, leaves(length), leaves(width)]
}

fn bottle(sku: &Sku, says: &Says, piece: &Piece) -> Vec<Canvas> {
    let (length, across) = (sku.shape.length, sku.shape.width);
    let style = &sku.style;
    let (width, around) = ((LABEL_TO - LABEL_FROM) * length, PI * across);
    let shift = piece.register;
    let mut label = art::ground(width, around, sku, shift);
    let middle = around / 2.0;
    art::brand(&mut label, Area::new(2.0, middle - 26.0, width - 4.0, 19.0), sku, shift);
    let (x, y) = ((width - EAN_WIDTH) / 2.0, middle - 6.0);
    label::ean(&mut label, (x, y), 18.5, &says.gtin);
    label::one_line(&mut label, (x, y + 18.7), says);
    // The near side shows the brand to the camera there.
    let near = middle + around * 0.25;
    art::brand(&mut label, Area::new(3.0, near - 10.0, width - 6.0, 22.0), sku, shift);
    for rim in [0.0, width - 0.9] {
        fill(&mut label, Area::new(rim, 0.0, 0.9, around), shaded(style.light, 0.9));
    }
    let liquid =
        if sku.index % 4 < 2 { shaded(style.accent, 0.82) } else { shaded(style.second, 0.9) };
    let mut glass = Canvas::new(length * 0.22, around, liquid);
    let far = glass.height_mm();
    glass.each(|_, y, pixel| {
        // Thick glass is darker towards its rims.
        let side = ((y / far - 0.5) * 2.0 * PI).cos();
        for channel in &mut pixel[..3] {
            *channel = (f32::from(*channel) * (0.82 + 0.2 * side)).clamp(0.0, 255.0) as u8;
        }
    });
    let mut cap = Canvas::new(length * 0.13, around, style.ink);
    let ridges = 46;
    for ridge in 0..ridges {
        let y = around * ridge as f32 / ridges as f32;
        fill(
            &mut cap,
            Area::new(2.0, y, length, around / ridges as f32 * 0.45),
            shaded(style.ink, 0.68),
        );
    }
    let mouth = Canvas::new(2.0, 2.0, [26, 24, 24]);
    vec![label, glass, cap, mouth]
}

fn tin(sku: &Sku, says: &Says, piece: &Piece) -> Vec<Canvas> {
    let (across, height) = (sku.shape.length, sku.shape.height);
    let shift = piece.register;
    let mut lid = art::ground(across, across, sku, shift);
    let radius = across / 2.0;
    art::brand(&mut lid, Area::new(radius - 33.0, radius - 29.5, 66.0, 24.0), sku, shift);
    let (x, y) = (radius - EAN_WIDTH / 2.0 + shift.0, radius - 4.6 + shift.1);
    label::ean(&mut lid, (x, y), 18.5, &says.gtin);
    label::lines(&mut lid, (radius - 23.0 + piece.label.0, y + 19.0), says);
    // Rim and groove are bare sheet.
    let bare = [206, 204, 198];
    lid.each(|px, py, pixel| {
        let from_rim = radius - ((px - radius).powi(2) + (py - radius).powi(2)).sqrt();
        let part = if from_rim < 3.6 {
            0.92
        } else if from_rim < 4.4 {
            0.5
        } else {
            0.0
        };
        for (channel, bare) in pixel[..3].iter_mut().zip(bare) {
            *channel = mix(*channel, bare, part);
        }
    });
    let around = PI * across;
    let mut wall = art::ground(around, height, sku, shift);
    let banner = (height * 0.56).clamp(14.0, 30.0);
    for place in [-0.25, 0.0, 0.25] {
        let middle = around * (0.5 + place);
        let area = Area::new(middle - 34.0, (height - banner) / 2.0, 68.0, banner);
        art::brand(&mut wall, area, sku, shift);
    }
    for rim in [0.0, height - 2.4] {
        fill(&mut wall, Area::new(0.0, rim, around, 2.4), bare);
    }
    vec![lid, wall]
}

fn pouch(sku: &Sku, says: &Says, piece: &Piece) -> Canvas {
    let (length, width) = (sku.shape.length, sku.shape.width);
    let shift = piece.register;
    let mut front = art::ground(length, width, sku, shift);
    let below = 27.0;
    let area = Area::new(13.0, 9.0, length - 26.0, width - below - 20.0);
    let beside = area.height.min(area.width * 0.4);
    art::brand(&mut front, Area { width: area.width - beside, ..area }, sku, shift);
    let motif = Area::new(area.x + area.width - beside, area.y, beside, area.height);
    art::picture(&mut front, motif, sku, shift);
    let (x, y) = ((length - EAN_WIDTH) / 2.0 + shift.0, width - below - 8.5 + shift.1);
    label::ean(&mut front, (x, y), 18.5, &says.gtin);
    label::one_line(&mut front, (x, y + 18.7), says);
    // Sealed ends are bare film.
    let ends = [Area::new(0.0, 0.0, 7.5, width), Area::new(length - 7.5, 0.0, 7.5, width)];
    for end in ends {
        fill(&mut front, end, [198, 200, 204]);
    }
    front
}

fn garment(sku: &Sku, says: &Says, piece: &Piece) -> Canvas {
    let (length, width) = (sku.shape.length, sku.shape.width);
    let style = &sku.style;
    let mut rng = Rng::new(style.seed);
    let mut bag = Canvas::new(length, width, style.ground);
    let cloth = Area::of(&bag).within(BAG);
    match rng.below(4) {
        0 => {
            let step = rng.between(7.0, 12.0) as f32;
            for line in 0..(width / step) as usize + 1 {
                fill(&mut bag, Area::new(0.0, line as f32 * step, length, step * 0.4), style.ink);
            }
        }
        1 => {
            let step = rng.between(11.0, 16.0) as f32;
            for line in 0..(length / step) as usize + 1 {
                fill(
                    &mut bag,
                    Area::new(line as f32 * step, 0.0, step * 0.35, width),
                    style.accent,
                );
                fill(
                    &mut bag,
                    Area::new(0.0, line as f32 * step, length, step * 0.2),
                    style.second,
                );
            }
        }
        2 => fill(&mut bag, Area::new(0.0, width * 0.2, length, width * 0.25), style.ink),
        _ => {}
    }
    // Weave, and the fold down the middle.
    let mut weave = Rng::new(piece.folds);
    bag.each(|x, _, pixel| {
        let fold = if (x - length * 0.5).abs() < 0.9 { 0.86 } else { 1.0 };
        let light = fold * weave.between(0.94, 1.05) as f32;
        for channel in &mut pixel[..3] {
            *channel = (f32::from(*channel) * light).clamp(0.0, 255.0) as u8;
        }
    });
    // The collar, with the neck's dark inside.
    let neck = (length / 2.0, BAG + 1.0);
    bag.ellipse(neck.0, neck.1, 21.0, 13.0, shaded(style.ground, 0.62));
    bag.ellipse(neck.0, neck.1 - 0.5, 18.5, 10.8, shaded(style.ground, 0.84));
    bag.ellipse(neck.0, neck.1 - 3.0, 15.0, 9.0, shaded(style.ground, 0.46));
    let colours = [style.ink, style.accent, style.second];
    let emblem = Area::new(length * 0.64, BAG + 8.0, 27.0, 27.0);
    brush::motif(&mut bag, emblem, style.logo, colours, style.seed);
    let name = Area::new(BAG + 5.0, BAG + 14.0, length * 0.28, 13.0);
    fitted(&mut bag, name, &sku.title, style.accent, PLAIN);
    let (sticker_width, sticker_height) = label::STICKER;
    let x = length - BAG - sticker_width - 7.0 + piece.label.0;
    label::sticker(&mut bag, (x, width - BAG - sticker_height - 3.0 + piece.label.1), says);
    // Around the cloth there is nothing but film, with a welded hem.
    let (tint, hem) = (hsl(0.55, 0.08, 0.8), [236, 238, 240]);
    bag.each(|x, y, pixel| {
        let out = (cloth.x - x)
            .max(x - cloth.x - cloth.width)
            .max(cloth.y - y)
            .max(y - cloth.y - cloth.height);
        if out > 0.0 {
            let welded = out > BAG - 1.6;
            let colour = if welded { hem } else { tint };
            *pixel = [colour[0], colour[1], colour[2], if welded { 130 } else { 62 }];
        }
    });
    bag
}
