//! The picture of a training: one SVG file.
//!
//! From left to right the epochs, upwards the loss. Each member has a colour; its line is the loss on
//! what it learns from, the dashed one that on examples it never sees. A dashed line that rises while
//! the other falls says that the member learns its pictures by heart: fewer epochs or more pictures
//! help. Training adds noise, so the dashed line may well lie below the other.

use super::train::EpochLoss;
use base::svg::Drawing;

/// Width and height of the drawing, in SVG units.
const SIZE: (f64, f64) = (760.0, 420.0);
/// Left, top, right and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (60.0, 50.0, 740.0, 370.0);
/// Colours of the members, in turn.
const COLOURS: [&str; 4] = ["#4a7fb5", "#d1603d", "#5a9a5a", "#8a6bb0"];

/// Draws one curve per member.
pub(super) fn svg(members: &[&[EpochLoss]]) -> String {
    let (width, height) = SIZE;
    let (left, top, right, bottom) = PLOT;
    let mut drawing = Drawing::new(width, height);
    drawing.text(left, 26.0, "", "Loss of the damage head (dashed: on unseen pictures)");
    let all = members.iter().flat_map(|losses| losses.iter());
    let highest = all.flat_map(|loss| [Some(loss.learned), loss.unseen]).flatten();
    let highest = f64::from(highest.fold(f32::MIN_POSITIVE, f32::max));
    let epochs = members.iter().map(|losses| losses.len()).max().unwrap_or(0);
    let x = |epoch: usize| left + (right - left) * (epoch + 1) as f64 / epochs.max(1) as f64;
    let y = |loss: f64| bottom - (bottom - top) * loss / highest;
    for part in 0..=4 {
        let loss = highest * f64::from(part) / 4.0;
        drawing.line((left, y(loss)), (right, y(loss)), "#ddd");
        drawing.text(left - 8.0, y(loss) + 4.0, "text-anchor=\"end\"", &format!("{loss:.2}"));
    }
    for epoch in (0..epochs).step_by(epochs.div_ceil(12).max(1)) {
        let number = (epoch + 1).to_string();
        drawing.text(x(epoch), bottom + 18.0, "text-anchor=\"middle\"", &number);
    }
    drawing.text(right, bottom + 38.0, "text-anchor=\"end\"", "epoch");
    for (member, losses) in members.iter().enumerate() {
        let colour = COLOURS[member % COLOURS.len()];
        let learned =
            losses.iter().enumerate().map(|(epoch, loss)| (x(epoch), y(loss.learned.into())));
        let unseen = losses.iter().enumerate();
        let unseen = unseen.filter_map(|(epoch, loss)| Some((x(epoch), y(loss.unseen?.into()))));
        drawing.curve(learned, colour, "");
        drawing.curve(unseen, colour, " stroke-dasharray=\"5 4\"");
        let at = left + 110.0 * member as f64;
        let key = format!("member {}", member + 1);
        drawing.text(at, bottom + 38.0, &format!("fill=\"{colour}\""), &key);
    }
    drawing.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_member_has_a_line_and_a_dashed_one_where_there_are_unseen_examples() {
        let loss = |learned, unseen| EpochLoss { learned, unseen };
        let first = [loss(2.0, Some(1.5)), loss(1.0, Some(1.2))];
        let second = [loss(1.8, None), loss(0.9, None)];
        let drawing = svg(&[&first, &second]);
        assert_eq!(drawing.matches("<polyline").count(), 3);
        assert_eq!(drawing.matches("stroke-dasharray").count(), 1);
        assert!(drawing.contains("points=\"400.0,50.0 740.0,210.0\""), "{drawing}");
        assert!(drawing.ends_with("</svg>\n"));
    }

    #[test]
    fn no_epochs_are_an_empty_plot() {
        let drawing = svg(&[&[]]);
        assert!(!drawing.contains("NaN") && !drawing.contains("<polyline"));
    }
}
