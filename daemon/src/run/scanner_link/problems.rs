//! What is wrong with a scanner, and what a person does about it. A pure function.

use std::time::Duration;

use line::config::scanner::{ScannerSection, ScannerSource};

use super::ScannerState;
use crate::item::scans::Standing;

/// So many items in a row without a code are a fault, and no chance.
const UNREAD: u64 = 20;
/// How long a stray read is told after it came.
const STRAY_TOLD: Duration = Duration::from_secs(60);
/// So many strays are a fault: single ones are people with a box in their hands.
const STRAYS: u64 = 5;

/// One thing that is wrong with a scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What, in words. Measurements that change all the time stand in it only where they help.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// What is wrong with a scanner at the time `now` of the monotonic clock; the most important first.
pub fn problems(
    section: &ScannerSection,
    source: &ScannerSource,
    state: &ScannerState,
    standing: &Standing,
    now: Duration,
) -> Vec<Trouble> {
    let name = &section.name;
    let mut troubles = Vec::new();
    let mut add = |what: String, remedy: &str| {
        troubles.push(Trouble { what, remedy: remedy.to_owned() });
    };
    if !state.connected {
        let remedy = match source {
            ScannerSource::Connect(_) => {
                "check its power, its network cable and its address in [[scanner]]"
            }
            ScannerSource::Listen(_) => {
                "check its power, its network cable, and that it connects to this box's address and port"
            }
            ScannerSource::Serial(_) => "check its power, its cable, and the device in [[scanner]]",
        };
        let words = match &state.cause {
            Some(cause) => format!("is not connected: {cause}"),
            None => "is not connected yet".to_owned(),
        };
        add(format!("scanner `{name}` at {source} {words}"), remedy);
        return troubles;
    }
    if state.messages == 0 && state.refused.total() > 0 {
        add(
            format!(
                "scanner `{name}` sends what cannot be understood: no message has the framing, prefix and \
                 suffix of the line file"
            ),
            "compare framing, prefix, suffix and, on a serial line, the baud rate with the scanner's settings",
        );
    } else if standing.unread_in_a_row >= UNREAD {
        let stray = standing.last_stray.filter(|stray| now <= stray.at + STRAY_TOLD);
        if let Some(stray) = stray {
            let apart = match stray.nearest_mm {
                Some(mm) if mm < 0.0 => format!("{:.0} mm before its place", -mm),
                Some(mm) => format!("{mm:.0} mm behind its place"),
                None => "nowhere on the belt".to_owned(),
            };
            add(
                format!(
                    "what scanner `{name}` reads fits no item: at the last read the nearest item stood {apart}"
                ),
                "correct position_mm, tolerance_mm and latency_ms in [[scanner]]",
            );
        } else {
            add(
                format!(
                    "scanner `{name}` reads nothing: of {UNREAD} items and more no code was read"
                ),
                "clean its window, check its trigger, its light and its aim, and that the items bear codes",
            );
        }
    } else if standing.stray >= STRAYS
        && standing.stray > standing.read
        && standing.last_stray.is_some_and(|stray| now <= stray.at + STRAY_TOLD)
    {
        add(
            format!("most of what scanner `{name}` reads fits no item"),
            "correct position_mm, tolerance_mm and latency_ms in [[scanner]]",
        );
    }
    if state.dropped + standing.dropped > 0 {
        add(
            format!("scanner `{name}` sent more messages than can be held, and some were dropped"),
            "have it send each code once for each item",
        );
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::scans::Stray;
    use crate::scanner::framing::Refused;

    const NOW: Duration = Duration::from_secs(1000);

    fn told(source: &str, state: ScannerState, standing: Standing) -> Vec<Trouble> {
        let text = format!("name = \"portal\"\nposition_mm = 1\nsource = \"{source}\"");
        let section: ScannerSection = toml::from_str(&text).unwrap();
        problems(&section, &section.source().unwrap(), &state, &standing, NOW)
    }

    fn connected() -> ScannerState {
        ScannerState { connected: true, messages: 9, ..ScannerState::default() }
    }

    #[test]
    fn a_scanner_that_is_away_is_told_with_its_address_the_cause_and_what_to_check() {
        let away = ScannerState { cause: Some("no route to host".into()), ..Default::default() };
        let troubles = told("tcp://10.0.0.9:2112", away.clone(), Standing::default());
        let [trouble] = &troubles[..] else { panic!("{troubles:?}") };
        let what = "scanner `portal` at tcp://10.0.0.9:2112 is not connected: no route to host";
        assert_eq!(trouble.what, what);
        assert!(trouble.remedy.contains("network cable"), "{trouble:?}");
        let serial = told("serial:///dev/ttyUSB0", away, Standing::default());
        assert!(serial[0].remedy.contains("device"), "{serial:?}");
    }

    #[test]
    fn one_that_reads_nothing_is_told_apart_from_one_that_stands_elsewhere() {
        assert_eq!(told("tcp://a:1", connected(), Standing::default()), []);
        let unread = Standing { unread_in_a_row: UNREAD, ..Standing::default() };
        let words = told("tcp://a:1", connected(), unread);
        assert!(words[0].what.contains("reads nothing"), "{words:?}");
        let last_stray = Some(Stray { at: NOW, nearest_mm: Some(-130.4) });
        let words = told("tcp://a:1", connected(), Standing { last_stray, ..unread });
        assert!(words[0].what.contains("130 mm before its place"), "{words:?}");
        assert!(words[0].remedy.contains("position_mm"), "{words:?}");
    }

    #[test]
    fn messages_that_cannot_be_understood_and_floods_are_told() {
        let refused = Refused { foreign: 3, ..Refused::default() };
        let garbled = ScannerState { messages: 0, refused, ..connected() };
        let words = told("tcp://a:1", garbled, Standing::default());
        assert!(words[0].what.contains("cannot be understood"), "{words:?}");
        let flood = ScannerState { dropped: 1, ..connected() };
        assert!(told("tcp://a:1", flood, Standing::default())[0].what.contains("dropped"));
    }
}
