//! What the plant tells the PLC of each item: its code, as a scanner or the warehouse's own tracking
//! would, and how it fails to.
//!
//! A code is told a moment after the PLC has numbered the item. At stated rates it is that of
//! another item (**wrong**), comes seconds later (**late**), or does not come at all (**none**).

use std::time::Duration;

use line::config::ItemCodeKind;
use plc_bridge::registers::{CODE_TEXT_WORDS, code_words};

use super::rng::Rng;

/// Latest time after its number at which an item's code is told when it is not late.
const PROMPT: Duration = Duration::from_millis(50);
/// Earliest and latest time of a late one, in seconds.
const LATE_S: (f64, f64) = (0.5, 8.0);

/// How often the plant tells a code wrongly: shares of all items, one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CodePlan {
    /// Share of items of which another item's code is told.
    pub wrong_rate: f64,
    /// Share of items whose code is told late.
    pub late_rate: f64,
    /// Share of items of which no code is told.
    pub none_rate: f64,
}

/// A code that the plant offers the PLC: the item's acquisition id, and the code's registers.
pub type Offer = (u16, [u16; CODE_TEXT_WORDS]);

/// Tells the PLC what its items are.
#[derive(Debug)]
pub struct CodeTeller {
    kind: ItemCodeKind,
    plan: CodePlan,
    rng: Rng,
    pending: Vec<(Duration, Offer)>,
    /// The code of the item before.
    before: Option<String>,
}

impl CodeTeller {
    /// A plant that writes codes of this kind; `seed` fixes which it tells wrongly.
    pub fn new(kind: ItemCodeKind, plan: CodePlan, seed: u64) -> Self {
        Self { kind, plan, rng: Rng::new(seed ^ 0x00c0_de5e), pending: Vec::new(), before: None }
    }

    /// The PLC has given an item this id; gives the code that it will be told, if any: none where the
    /// item has none, or its registers have no room for it.
    pub fn numbered(
        &mut self,
        acquisition: u16,
        code: Option<&str>,
        now: Duration,
    ) -> Option<String> {
        let (wrong, late, none) = (
            self.rng.chance(self.plan.wrong_rate),
            self.rng.chance(self.plan.late_rate),
            self.rng.chance(self.plan.none_rate),
        );
        let (prompt, seconds) = (self.rng.unit(), self.rng.between(LATE_S.0, LATE_S.1));
        let code = code?;
        let before = self.before.replace(code.to_owned()).filter(|before| before != code);
        if none {
            return None;
        }
        let told = if wrong { before.unwrap_or_else(|| misread(code)) } else { code.to_owned() };
        let words = code_words(self.kind, &told)?;
        let after = if late { Duration::from_secs_f64(seconds) } else { PROMPT.mul_f64(prompt) };
        self.pending.push((now + after, (acquisition, words)));
        Some(told)
    }

    /// What is to be told now.
    pub fn due(&mut self, now: Duration) -> Vec<Offer> {
        let due = self.pending.extract_if(.., |(at, _)| *at <= now);
        due.map(|(_, offer)| offer).collect()
    }

    /// The PLC was switched off: what was to be told was of its items.
    pub fn forget(&mut self) {
        self.pending.clear();
    }
}

/// A code with its last character changed; digits stay digits.
fn misread(code: &str) -> String {
    let mut misread = code.to_owned();
    match misread.pop() {
        Some('7') | None => misread.push('1'),
        Some(last) if last.is_ascii_digit() => misread.push('7'),
        Some('X') => misread.push('Y'),
        Some(_) => misread.push('X'),
    }
    misread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rates_hold_and_a_wrong_code_is_another_one() {
        let plan = CodePlan { wrong_rate: 0.1, late_rate: 0.2, none_rate: 0.05 };
        let mut teller = CodeTeller::new(ItemCodeKind::Ascii, plan, 7);
        let (mut wrong, mut none, mut late) = (0, 0, 0);
        for item in 1..=10_000_u16 {
            let code = format!("SKU-{}", item % 40);
            match teller.numbered(item, Some(&code), Duration::ZERO) {
                None => none += 1,
                Some(told) => wrong += u32::from(told != code),
            }
            let prompt = teller.due(PROMPT).len();
            late += u32::from(prompt == 0);
        }
        late -= none;
        assert!((900..1000).contains(&wrong), "{wrong}");
        assert!((430..570).contains(&none), "{none}");
        assert!((1750..2050).contains(&late), "{late}");
        assert_eq!(teller.due(Duration::from_secs(9)).len(), late as usize);
    }

    #[test]
    fn what_has_no_room_in_the_registers_is_not_told() {
        let mut teller = CodeTeller::new(ItemCodeKind::Number, CodePlan::default(), 1);
        assert_eq!(teller.numbered(1, Some("carton"), Duration::ZERO), None);
        assert_eq!(teller.numbered(2, None, Duration::ZERO), None);
        assert_eq!(teller.numbered(3, Some("4006381"), Duration::ZERO).as_deref(), Some("4006381"));
        assert_eq!(teller.due(PROMPT), [(3, [0, 0, 61, 8685, 0, 0, 0, 0])]);
    }
}
