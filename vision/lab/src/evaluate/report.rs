//! The picture of an evaluation: one SVG file with everything inside.
//!
//! Left to right, the histogram shows scores; each class of items is a row of its own,
//! so that classes of different sizes can be compared. The line is the **cut**: the threshold with
//! the best balance of both kinds of errors on these very items. Beside it are the ROC curves. Below
//! are the ten items that lie farthest on the wrong side of it, or nearest to it where all are right,
//! a row each: where the item differs as the most surprised member sees it, then as each member does,
//! so that a person sees which member is blind to what.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use image::imageops::FilterType;

use super::Evaluation;
use super::metrics::roc;
use super::scored::ItemScore;
use base::dataset::GOOD;
use base::picture::Picture;
use base::svg::Drawing;
use damage::scoring::{HeatMap, MemberScore};

/// Width of the drawing, in SVG units.
const WIDTH: f64 = 1180.0;
/// Left and right of the histogram.
const PLOT: (f64, f64) = (150.0, 780.0);
/// Left, top and side of the square of the ROC curves.
const ROC: (f64, f64, f64) = (860.0, 100.0, 290.0);
/// Colours of the curves, in turn.
const CURVES: [&str; 5] = ["#222", "#4a7fb5", "#d1603d", "#5a9a5a", "#8a6bb0"];
/// Height of a class's row, and where the first begins.
const ROW: f64 = 80.0;
const TOP: f64 = 90.0;
/// Bars across the histogram.
const BARS: usize = 50;
/// Errors shown, a row each.
const WORST: usize = 10;
/// Size of one picture of an error with its words: seven fit into a row.
const CARD: (f64, f64) = (163.0, 175.0);
/// Longest side of an error's picture, in pixels.
const THUMBNAIL_PX: u32 = 300;
/// Colours of good items and of defects.
const COLOURS: (&str, &str) = ("#4a7fb5", "#d1603d");

/// Draws the evaluation.
pub fn svg(evaluation: &Evaluation) -> String {
    let mut classes: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for item in &evaluation.items {
        classes.entry(&item.class).or_default().push(item.score());
    }
    let plot_bottom = (TOP + ROW * classes.len() as f64).max(ROC.1 + ROC.2);
    let rows = WORST.min(evaluation.items.len());
    let height = plot_bottom + 90.0 + rows as f64 * CARD.1;
    let mut drawing = Drawing::new(WIDTH, height);
    heading(&mut drawing, evaluation);
    let cut = cut(&evaluation.items);
    histogram(&mut drawing, &classes, cut, plot_bottom);
    roc_curves(&mut drawing, &evaluation.items);
    worst_errors(&mut drawing, &evaluation.items, cut, plot_bottom + 60.0);
    drawing.done()
}

fn heading(drawing: &mut Drawing, evaluation: &Evaluation) {
    let figure = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.3}"));
    let overall = &evaluation.overall;
    let summary = format!(
        "AUROC {} · average precision {} · false diverts {} at 95 % detection, {} at 99 % · \
         {:.0} ms an item · {} items, {} broken pictures",
        figure(overall.auroc),
        figure(overall.average_precision),
        figure(overall.false_divert_rate_at_95_detection),
        figure(overall.false_divert_rate_at_99_detection),
        overall.ms_per_item,
        overall.items,
        evaluation.broken.len(),
    );
    drawing.text(20.0, 30.0, "font-size=\"15\" font-weight=\"bold\"", &summary);
    drawing.text(20.0, 52.0, "fill=\"#666\"", &evaluation.command);
    drawing.text(20.0, 70.0, "fill=\"#666\" font-size=\"10\"", &evaluation.package);
}

fn histogram(drawing: &mut Drawing, classes: &BTreeMap<&str, Vec<f64>>, cut: f64, bottom: f64) {
    let all = || classes.values().flatten().copied();
    let (low, high) =
        (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() || !high.is_finite() {
        drawing.text(PLOT.0, TOP + 20.0, "", "no item was scored");
        return;
    }
    let span = (high - low).max(1e-9);
    let at = |score: f64| PLOT.0 + (score - low) / span * (PLOT.1 - PLOT.0);
    for (row, (class, scores)) in classes.iter().enumerate() {
        let base = TOP + ROW * (row as f64 + 1.0) - 8.0;
        let colour = if *class == GOOD { COLOURS.0 } else { COLOURS.1 };
        let mut counts = [0usize; BARS];
        for score in scores {
            counts[(((score - low) / span * BARS as f64) as usize).min(BARS - 1)] += 1;
        }
        let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        let width = (PLOT.1 - PLOT.0) / BARS as f64;
        for (bar, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let tall = *count as f64 / most * (ROW - 24.0);
            drawing.element(&format!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{tall:.1}\" \
                 fill=\"{colour}\"><title>{count}</title></rect>",
                PLOT.0 + bar as f64 * width,
                base - tall,
                width - 1.0,
            ));
        }
        drawing.line((PLOT.0, base), (PLOT.1, base), "#bbb");
        drawing.text(20.0, base - 24.0, "font-weight=\"bold\"", class);
        drawing.text(20.0, base - 8.0, "fill=\"#666\"", &format!("{} items", scores.len()));
    }
    drawing.line((at(cut), TOP), (at(cut), bottom), "#222");
    for score in [low, (low + high) / 2.0, high] {
        let anchor = "text-anchor=\"middle\" fill=\"#666\"";
        drawing.text(at(score), bottom + 12.0, anchor, &format!("{score:.1}"));
    }
    let label = "surprise: 2 means that one normal view in a hundred looks as odd";
    drawing.text(PLOT.0, bottom + 30.0, "fill=\"#666\"", label);
}

/// The curves of the fused scores and, where there are several, of each view.
fn roc_curves(drawing: &mut Drawing, items: &[ItemScore]) {
    let (left, top, side) = ROC;
    let at = |(good, found): (f64, f64)| (left + good * side, top + (1.0 - found) * side);
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0), (1.0, 1.0)];
    drawing.curve(corners.into_iter().map(at), "#ddd", "");
    drawing.text(left, top + side + 17.0, "fill=\"#666\"", "share of good items diverted");
    drawing.text(left, top - 8.0, "fill=\"#666\"", "share of defective items found");
    let names: BTreeSet<&String> = items.iter().flat_map(|item| item.views.keys()).collect();
    let mut curves = vec![("fused", scores_of(items, &|item| Some(item.score())))];
    if names.len() > 1 {
        curves.extend(names.into_iter().map(|name| {
            let of_view = |item: &ItemScore| item.views.get(name).map(|view| view.score);
            (name.as_str(), scores_of(items, &of_view))
        }));
    }
    for (nth, (name, (good, defective))) in curves.iter().enumerate() {
        let colour = CURVES[nth % CURVES.len()];
        drawing.curve(roc(good, defective).into_iter().map(at), colour, "");
        let place = (left + side * 0.62, top + side - 14.0 - 17.0 * nth as f64);
        drawing.text(place.0, place.1, &format!("fill=\"{colour}\""), name);
    }
}

/// The scores of good and of defective items.
fn scores_of(
    items: &[ItemScore],
    score: &dyn Fn(&ItemScore) -> Option<f64>,
) -> (Vec<f64>, Vec<f64>) {
    let of = |good: bool| {
        items.iter().filter(|item| (item.class == GOOD) == good).filter_map(score).collect()
    };
    (of(true), of(false))
}

/// The threshold with the largest sum of both shares of right answers; between two scores.
fn cut(items: &[ItemScore]) -> f64 {
    let mut sorted: Vec<(f64, bool)> =
        items.iter().map(|item| (item.score(), item.class == GOOD)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let goods = sorted.iter().filter(|(_, good)| *good).count().max(1) as f64;
    let defects = sorted.iter().filter(|(_, good)| !*good).count().max(1) as f64;
    let Some(&(lowest, _)) = sorted.first() else {
        return 0.0;
    };
    let (mut balance, mut best) = (0.0, (0.0, lowest));
    for (at, (score, good)) in sorted.iter().enumerate() {
        balance += if *good { 1.0 / goods } else { -1.0 / defects };
        let next = sorted.get(at + 1).map_or(*score, |(next, _)| *next);
        if balance > best.0 && next > *score {
            best = (balance, (score + next) / 2.0);
        }
    }
    best.1
}

fn worst_errors(drawing: &mut Drawing, items: &[ItemScore], cut: f64, top: f64) {
    // How far on the wrong side of the cut; negative on the right side.
    let wrong = |item: &ItemScore| {
        if item.class == GOOD { item.score() - cut } else { cut - item.score() }
    };
    let mut worst: Vec<&ItemScore> = items.iter().collect();
    worst.sort_by(|a, b| wrong(b).total_cmp(&wrong(a)));
    for (place, item) in worst.into_iter().take(WORST).enumerate() {
        let y = top + place as f64 * CARD.1;
        let verdict = match (wrong(item) > 0.0, item.class == GOOD) {
            (true, true) => "false divert",
            (true, false) => "missed",
            (false, _) => "right, but close",
        };
        drawing.text(20.0, y, "font-weight=\"bold\"", &format!("{verdict}: {}", item.class));
        let (name, view) = item.worst();
        let picture = match Picture::open(&view.picture) {
            Ok(picture) => picture,
            Err(cause) => {
                drawing.text(20.0, y + 40.0, "font-size=\"11\"", &cause.to_string());
                continue;
            }
        };
        let fused = (format!("{} {name} ({:.2})", item.name, item.score()), &view.heat);
        let of_members = view.heats.iter().map(|(member, heat)| {
            let surprise = view.members.iter().find(|one| one.member == *member);
            let surprise = surprise.map_or(0.0, MemberScore::surprise);
            (format!("{} ({surprise:.2})", member.name()), heat)
        });
        for (column, (words, heat)) in std::iter::once(fused).chain(of_members).enumerate() {
            let x = 20.0 + column as f64 * CARD.0;
            drawing.text(x, y + 15.0, "fill=\"#666\" font-size=\"11\"", &words);
            let (width, height) = (CARD.0 - 8.0, CARD.1 - 45.0);
            match thumbnail(&picture, heat) {
                Ok(jpeg) => drawing.element(&format!(
                    "<image x=\"{x:.1}\" y=\"{:.1}\" width=\"{width}\" height=\"{height}\" \
                     href=\"data:image/jpeg;base64,{jpeg}\"/>",
                    y + 22.0
                )),
                Err(cause) => drawing.text(x, y + 40.0, "font-size=\"11\"", &cause),
            }
        }
    }
}

/// The picture with this heat over it, as a small JPEG in base64.
fn thumbnail(picture: &Picture, heat: &HeatMap) -> Result<String, String> {
    let shown = heat.overlay(picture);
    let scale = f64::from(THUMBNAIL_PX) / f64::from(shown.width().max(shown.height()));
    let side = |length: u32| ((f64::from(length) * scale.min(1.0)).round() as u32).max(1);
    let (width, height) = (side(shown.width()), side(shown.height()));
    let small = image::imageops::resize(&shown, width, height, FilterType::Triangle);
    let jpeg = Picture::from(small).to_jpeg(80).map_err(|error| error.to_string())?;
    Ok(base64::engine::general_purpose::STANDARD.encode(jpeg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::scored::ScoredView;
    use damage::scoring::{Area, Member};

    fn item(class: &str, score: f64, picture: &std::path::Path) -> ItemScore {
        let values = vec![score as f32; 4];
        let heat = HeatMap {
            width: 2,
            height: 2,
            values,
            area: Area { x: 0.0, y: 0.0, width: 20.0, height: 20.0 },
            hot: 1.0,
        };
        let view = ScoredView {
            picture: picture.into(),
            mask: None,
            size: (20, 20),
            score,
            threshold: 3.0,
            ms: 2.0,
            members: vec![],
            heats: vec![(Member::Parts, heat.clone())],
            heat,
        };
        let views = BTreeMap::from([("top".into(), view)]);
        ItemScore { class: class.into(), name: "a<b".into(), views }
    }

    #[test]
    fn the_cut_lies_between_classes_that_separate() {
        let none = std::path::Path::new("");
        let items = [item(GOOD, 1.0, none), item(GOOD, 2.0, none), item("dent", 4.0, none)];
        assert_eq!(cut(&items), 3.0);
    }

    #[test]
    fn the_picture_holds_every_class_and_the_worst_error_first() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.png");
        image::RgbImage::new(20, 20).save(&file).unwrap();
        let items = vec![
            item(GOOD, 1.0, &file),
            item(GOOD, 9.0, &file),
            item("dent", 0.5, &file),
            item("tear", 4.0, &file),
            item("tear", 5.0, &file),
        ];
        let evaluation = super::super::summarise(items, vec![], "evaluate <x>".into(), "p".into());
        let drawing = svg(&evaluation);
        for words in ["dent", "tear", "good", "data:image/jpeg;base64,", "a&lt;b", "&lt;x&gt;"] {
            assert!(drawing.contains(words), "{words} is missing");
        }
        let (false_divert, missed) = (drawing.find("false divert:"), drawing.find("missed:"));
        assert!(false_divert.is_some() && missed.is_some());
        assert!(false_divert < missed, "the good item at 9 is farther off than the dent at 0.5");
        assert_eq!(drawing.matches("<image").count(), 10, "fused, and one member");
        assert!(drawing.contains(">fused</text>"));
        assert_eq!(drawing.matches("<polyline").count(), 2, "the frame and one curve");
    }
}
