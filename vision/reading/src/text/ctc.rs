//! From the recogniser's answer to a text.
//!
//! The recogniser answers for every eighth column of a strip how likely each character stands there, or
//! none, the **blank**. A character that stands over several columns counts once; the same character
//! twice in a row has a blank between (connectionist temporal classification, Graves et al., 2006).

/// The characters that a recogniser knows.
pub(super) struct Alphabet(Vec<String>);

impl Alphabet {
    /// From the list in the network's file, one character a line. PP-OCR puts the blank before the
    /// first and a space after the last.
    pub(super) fn new(listed: &str) -> Self {
        Self(listed.lines().map(str::to_owned).chain([" ".to_owned()]).collect())
    }

    /// Whether `letter` is one of them.
    pub(super) fn has(&self, letter: char) -> bool {
        self.0.iter().any(|known| known.chars().eq([letter]))
    }

    /// Where `letter` stands in a row of answers, as a capital and as a small letter; nowhere where it is not
    /// known.
    pub(super) fn places(&self, letter: char) -> Vec<usize> {
        let is_it = |known: &String| {
            known.chars().eq([letter]) || known.to_uppercase().chars().eq([letter])
        };
        (1..).zip(&self.0).filter(|(_, known)| is_it(known)).map(|(place, _)| place).collect()
    }

    /// How many answers the recogniser must give for each column: the characters and the blank.
    pub(super) fn answers(&self) -> usize {
        self.0.len() + 1
    }

    /// The text of `likely`, rows of [`answers`](Self::answers) probabilities, and the mean probability
    /// of its characters; 0 for an empty text.
    pub(super) fn decode(&self, likely: &[f32]) -> (String, f32) {
        let (mut text, mut sum, mut count) = (String::new(), 0.0, 0.0);
        let mut before = 0;
        for column in likely.chunks_exact(self.answers()) {
            let (best, probability) = likeliest(column);
            if best != before && best > 0 {
                text.push_str(&self.0[best - 1]);
                sum += probability;
                count += 1.0;
            }
            before = best;
        }
        let confidence = if count > 0.0 { sum / count } else { 0.0 };
        (text, confidence)
    }
}

/// The place and the value of the largest of `probabilities`, which add up to one: what is above one
/// half is the largest, and the rest need not be looked at.
fn likeliest(probabilities: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (at, probability) in probabilities.iter().enumerate() {
        if *probability > best.1 {
            best = (at, *probability);
            if *probability > 0.5 {
                break;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows in which the character at each place has the probability 0.8 and the rest is even.
    fn rows(alphabet: &Alphabet, places: &[usize]) -> Vec<f32> {
        let rest = 0.2 / (alphabet.answers() - 1) as f32;
        let row = |best: usize| {
            (0..alphabet.answers()).map(move |at| if at == best { 0.8 } else { rest })
        };
        places.iter().flat_map(|best| row(*best)).collect()
    }

    #[test]
    fn repeated_characters_count_once_unless_a_blank_stands_between() {
        let alphabet = Alphabet::new("a\nb\r\nü");
        assert_eq!(alphabet.answers(), 5);
        let (text, confidence) = alphabet.decode(&rows(&alphabet, &[0, 1, 1, 0, 1, 2, 2, 4, 3, 0]));
        assert_eq!(text, "aab ü");
        assert!((confidence - 0.8).abs() < 1e-6);
    }

    #[test]
    fn blanks_and_no_columns_are_an_empty_text_of_no_confidence() {
        let alphabet = Alphabet::new("a");
        assert_eq!(alphabet.decode(&rows(&alphabet, &[0, 0])), (String::new(), 0.0));
        assert_eq!(alphabet.decode(&[]), (String::new(), 0.0));
    }

    #[test]
    fn the_largest_counts_where_none_is_above_one_half() {
        assert_eq!(likeliest(&[0.3, 0.2, 0.4, 0.1]), (2, 0.4));
        assert_eq!(likeliest(&[0.1, 0.6, 0.3]), (1, 0.6));
    }
}
