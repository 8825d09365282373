//! **SVG drawings**: the few elements that reports are made of, in one self-contained file, with the
//! viewer's own sans-serif font. Numbers are in SVG units.
//!
//! Reports are pictures, tables and words in a grid, with a curve or two. `plotters` draws charts: the grid would still
//! be written by hand.

use std::fmt::Write;

/// A drawing that grows.
#[derive(Debug)]
pub struct Drawing {
    elements: String,
}

impl Drawing {
    /// A white sheet.
    pub fn new(width: f64, height: f64) -> Drawing {
        Drawing {
            elements: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
                 font-family=\"sans-serif\" font-size=\"13\" fill=\"#222\">\n\
                 <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
            ),
        }
    }

    /// Adds an element as it stands.
    pub fn element(&mut self, element: &str) {
        writeln!(self.elements, "{element}").expect("writing to a string cannot fail");
    }

    /// Adds words that begin at `x`, on the line `y`.
    pub fn text(&mut self, x: f64, y: f64, attributes: &str, words: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.element(&format!("<text x=\"{x:.1}\" y=\"{y:.1}\" {attributes}>{words}</text>"));
    }

    /// Adds a straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str) {
        self.element(&format!(
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// Adds a line through `points`; nothing where there are none.
    pub fn curve(&mut self, points: impl Iterator<Item = (f64, f64)>, colour: &str, style: &str) {
        let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        if !points.is_empty() {
            self.element(&format!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{style}/>",
                points.join(" ")
            ));
        }
    }

    /// The file's text.
    pub fn done(mut self) -> String {
        self.elements.push_str("</svg>\n");
        self.elements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_break_out_of_their_element() {
        let mut drawing = Drawing::new(10.0, 20.0);
        drawing.text(1.0, 2.0, "", "a<b>&c");
        drawing.curve(std::iter::empty(), "red", "");
        let file = drawing.done();
        assert!(file.contains("a&lt;b&gt;&amp;c"));
        assert!(file.starts_with("<svg") && file.ends_with("</svg>\n"));
        assert!(!file.contains("<polyline"));
    }
}
