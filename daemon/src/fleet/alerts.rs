//! Which troubles begin and end: the difference between what is wrong now and what was.

use std::collections::BTreeMap;

use super::messages::{Alert, AlertKind, Phase};

/// What tells two troubles apart: what is wrong, and with what.
pub type Trouble = (AlertKind, Option<String>);

/// The troubles that the fleet knows of.
#[derive(Debug, Default)]
pub struct Alerts {
    known: BTreeMap<Trouble, String>,
}

impl Alerts {
    /// Takes what is wrong now, with its plain words, and returns the alerts that this is worth: one
    /// for each trouble that begins or ends. Other words for a trouble that lasts are no alert.
    pub fn update(&mut self, now: BTreeMap<Trouble, String>) -> Vec<Alert> {
        let begun = now.iter().filter(|(trouble, _)| !self.known.contains_key(trouble));
        let over = self.known.iter().filter(|(trouble, _)| !now.contains_key(trouble));
        let alerts = begun
            .map(|entry| (entry, Phase::Begins))
            .chain(over.map(|entry| (entry, Phase::Ends)))
            .map(|(((alert, subject), words), phase)| Alert {
                alert: *alert,
                subject: subject.clone(),
                phase,
                words: words.clone(),
            })
            .collect();
        self.known = now;
        alerts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(camera: &str) -> (Trouble, String) {
        ((AlertKind::CameraDown, Some(camera.to_owned())), format!("{camera} is unplugged"))
    }

    #[test]
    fn a_trouble_is_told_when_it_begins_and_when_it_ends_and_not_between() {
        let mut alerts = Alerts::default();
        let begun = alerts.update(BTreeMap::from([down("top")]));
        assert_eq!(begun.len(), 1);
        assert_eq!(begun[0].phase, Phase::Begins);
        assert_eq!(begun[0].subject.as_deref(), Some("top"));

        assert_eq!(alerts.update(BTreeMap::from([down("top")])), []);

        let over = alerts.update(BTreeMap::new());
        assert_eq!(over.len(), 1);
        assert_eq!(over[0].phase, Phase::Ends);
        assert_eq!(over[0].words, "top is unplugged");
    }

    #[test]
    fn two_cameras_are_two_troubles() {
        let mut alerts = Alerts::default();
        alerts.update(BTreeMap::from([down("top")]));
        let changed = alerts.update(BTreeMap::from([down("side")]));
        let told: Vec<_> = changed.iter().map(|a| (a.subject.as_deref(), a.phase)).collect();
        assert_eq!(told, [(Some("side"), Phase::Begins), (Some("top"), Phase::Ends)]);
    }
}
