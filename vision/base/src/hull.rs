//! The **convex hull** of points in a picture.

/// The corners of the convex hull, in turn, each once (Andrew's monotone chain, 1979); the ends of points
/// on one line.
pub fn hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut points = points.to_vec();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let mut hull = half_hull(points.iter());
    hull.extend(half_hull(points.iter().rev()));
    hull
}

/// One half of the hull, without its last point, which is the first of the other half.
fn half_hull<'a>(points: impl Iterator<Item = &'a [f32; 2]>) -> Vec<[f32; 2]> {
    let mut half: Vec<[f32; 2]> = Vec::new();
    for point in points {
        while let [.., a, b] = half[..] {
            if turn(a, b, *point) > 0.0 {
                break;
            }
            half.pop();
        }
        half.push(*point);
    }
    half.pop();
    half
}

/// Twice the area of the triangle; above 0 where the way from `a` by `b` to `c` turns as hulls do.
pub fn turn(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}
