//! Whether a pixel shows the same surface as a model does: in the same light, in a shadow, or lit a little more.

/// A shadow leaves a surface at least this share of its light; what is darker is something else.
const SHADOW: f32 = 0.25;
/// A surface is seen at most so much brighter than usual.
const LIT: f32 = 1.18;
/// Colours that differ by no more than this, in levels of 255 in any channel, are the same: several times the noise of a
/// usual camera in a small copy.
const NOISE: f32 = 5.0;
/// And by this share of the brightest channel: light from elsewhere changes a hue a little.
const TINT: f32 = 0.05;

/// The light on a surface of colour `model` by which it looks like `seen`, where 1 is as usual; none where it is another
/// surface. `spread` is how much the model itself varies there.
pub(super) fn light_of(seen: [f32; 3], model: [f32; 3], spread: f32) -> Option<f32> {
    let light = best_light(seen, model).clamp(SHADOW, LIT);
    let brightest = light * model[0].max(model[1]).max(model[2]);
    (apart(seen, model, light) <= NOISE + TINT * brightest + spread).then_some(light)
}

/// How far a colour is from a model in this light, in the channel that differs most.
pub(super) fn apart(seen: [f32; 3], model: [f32; 3], light: f32) -> f32 {
    (0..3).map(|i| (seen[i] - light * model[i]).abs()).fold(0.0, f32::max)
}

/// The light in which a model looks most like a colour.
pub(super) fn best_light(seen: [f32; 3], model: [f32; 3]) -> f32 {
    let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    dot(seen, model) / dot(model, model).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surface_in_a_shadow_is_the_same_one_and_another_colour_is_not() {
        let blue = [44.0, 84.0, 158.0];
        assert!((light_of([22.0, 42.0, 79.0], blue, 0.0).unwrap() - 0.5).abs() < 0.01);
        assert_eq!(light_of([60.0, 60.0, 60.0], blue, 0.0), None);
        assert_eq!(light_of([250.0, 250.0, 250.0], blue, 0.0), None);
        assert_eq!(light_of([5.0, 5.0, 5.0], blue, 0.0), None, "darker than any shadow");
    }
}
