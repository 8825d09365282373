//! **Colours** on a label.
//!
//! Colour words stand in running text everywhere: "green tea", "red light blinks", "yellow bin". A colour is
//! said plainly only on a print of its own ("NAVY / L") or in a line that names the item by words of its
//! title ("Polo shirt red"); "Colour:" makes it named.

use super::judge::{Said, Value, Weight};
use super::letters::{alone, quiet, word_around};
use super::page::{Field, Hue, Marked, Page};
use super::title::Title;
use crate::line::TextLine;
use crate::phrases::{Found, apart};
use std::ops::Range;

/// Families of colours, one bit each. Two colours are one where they share a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u32);

impl Value for Colour {
    const ONE: bool = false;

    fn group(&self) -> u8 {
        0
    }

    fn agrees(&self, other: &Self) -> Option<bool> {
        Some(self.0 & other.0 != 0)
    }
}

/// The colours that an expectation names; any will do.
pub fn claims(colour: &str) -> Vec<Colour> {
    let lines = [TextLine::level(colour, 0.0, 0.0, 10.0)];
    let page = Page::new(&lines);
    let hues = page.rows.iter().flat_map(|marked| &marked.hues);
    hues.map(|hue| Colour(hue.value.families)).filter(|colour| colour.0 != 0).collect()
}

/// The colours that a label names.
pub fn colours(page: &Page, title: &Title) -> Vec<Said<Colour>> {
    let places = page.places(Field::Colour);
    let mut said = Vec::new();
    for (index, marked) in page.rows.iter().enumerate() {
        let colours: Vec<&Found<Hue>> =
            marked.hues.iter().filter(|hue| hue.value.families != 0).collect();
        let mut regions: Vec<Range<usize>> = Vec::new();
        for (_, at) in places.iter().filter(|(row, _)| *row == index) {
            let region = *at..region_end(marked, *at);
            let inside: Vec<&&Found<Hue>> =
                colours.iter().filter(|hue| !apart(&hue.span, &region)).collect();
            if let Some((first, last)) = inside.first().zip(inside.last()) {
                // All that stands behind one "Colour:" is one statement.
                let families = inside.iter().fold(0, |all, hue| all | hue.value.families);
                let span = word_around(&marked.row, &first.span).start..last.span.end;
                let print = page.print(index, &span);
                said.push(Said { value: Colour(families), print, weight: Weight::Named });
                regions.push(region);
            }
        }
        let rest =
            colours.into_iter().filter(|hue| regions.iter().all(|region| apart(region, &hue.span)));
        for hues in joined(marked, rest.collect()) {
            let span = word_around(&marked.row, &hues[0].span).start..hues[hues.len() - 1].span.end;
            let families = hues.iter().fold(0, |all, hue| all | hue.value.families);
            let exact = hues.iter().all(|hue| hue.exact);
            let print = page.print(index, &span);
            let weight = if exact && !title.has(&print.text) && plain(marked, &hues, title) {
                Weight::Plain
            } else {
                Weight::Hint
            };
            said.push(Said { value: Colour(families), print, weight });
        }
    }
    said
}

/// Colours with nothing but a slash or a hyphen between them are one statement: `black/white`.
fn joined<'a>(marked: &Marked, hues: Vec<&'a Found<Hue>>) -> Vec<Vec<&'a Found<Hue>>> {
    let mut groups: Vec<Vec<&Found<Hue>>> = Vec::new();
    for hue in hues {
        let near = |last: &&&Found<Hue>| {
            let between = last.span.end..hue.span.start;
            quiet(&marked.row, between.clone())
                && marked.row.chars[between].iter().any(|c| matches!(c, '/' | '-'))
        };
        match groups.last_mut() {
            Some(group) if group.last().as_ref().is_some_and(near) => group.push(hue),
            _ => groups.push(vec![hue]),
        }
    }
    groups
}

/// The end of what "Colour:" announces: the print's, or the next field word.
fn region_end(marked: &Marked, at: usize) -> usize {
    let end = marked.row.segment(at).end;
    let next = marked.fields.iter().filter(|field| {
        field.span.start > at && matches!(field.value, Field::Size | Field::Count | Field::Net)
    });
    next.map(|field| field.span.start).min().map_or(end, |next| next.min(end))
}

fn plain(marked: &Marked, hues: &[&Found<Hue>], title: &Title) -> bool {
    let span = &hues[0].span;
    let segment = marked.row.segment(span.start);
    let doubtful = hues.iter().all(|hue| hue.value.doubtful);
    if alone(marked, span) {
        // "MINT" may be a flavour; "MINT / L" is not.
        let sized = marked.letters.iter().any(|found| segment.contains(&found.span.start));
        let parted = |c: &char| matches!(c, '/' | '-' | ',');
        return !doubtful || sized && marked.row.chars[segment].iter().any(parted);
    }
    let words: Vec<Range<usize>> =
        marked.hues.iter().map(|hue| word_around(&marked.row, &hue.span)).collect();
    !doubtful && title.shares_a_word(&marked.row, &segment, &words)
}
