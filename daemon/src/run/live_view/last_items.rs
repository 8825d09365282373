//! Which item was scored last in each camera's view. Plain bookkeeping: the loop tells, the page asks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use calib::the_box::LastItem;

use crate::records::{ItemId, Record};
use crate::web::items::verdict_name;

/// Where an item was found in a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    /// Width and height of the view, in pixels.
    pub size: (u32, u32),
    /// Left, top, width and height of the box around it; none where none was found.
    pub bounds: Option<[u32; 4]>,
}

/// The item that was scored last in each camera's view.
#[derive(Debug, Default)]
pub struct LastItems(Mutex<HashMap<String, LastItem>>);

impl LastItems {
    /// The view of `camera` of that item was scored. `score` and `threshold` are finite.
    pub fn scored(
        &self,
        id: &ItemId,
        camera: &str,
        located: Located,
        (score, threshold): (f32, f32),
        heat_map: Option<String>,
    ) {
        let Located { size: (width_px, height_px), bounds } = located;
        let last = LastItem {
            boot: id.boot.clone(),
            item: id.item,
            width_px,
            height_px,
            bounds,
            offset_mm: None,
            score,
            threshold,
            p_value: 10_f64.powf(-f64::from(score)),
            verdict: None,
            heat_map,
        };
        self.lock().insert(camera.to_owned(), last);
    }

    /// What the record of an item says now.
    pub fn recorded(&self, record: &Record) {
        for (camera, last) in self.lock().iter_mut() {
            if (last.item, &last.boot) == (record.id.item, &record.id.boot) {
                last.verdict = record.verdict.as_ref().map(verdict_name);
                let view = record.views.iter().find(|view| view.camera == *camera);
                last.offset_mm = view.and_then(|view| view.offset_mm);
            }
        }
    }

    /// The item that was scored last in the view of `camera`.
    pub fn of(&self, camera: &str) -> Option<LastItem> {
        self.lock().get(camera).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, LastItem>> {
        // Each change is one step, so what another thread left is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use line::protocol::Verdict;

    use super::*;
    use crate::records::ViewRecord;

    fn id(item: u64) -> ItemId {
        ItemId { boot: "b".to_owned(), item }
    }

    const LOCATED: Located = Located { size: (640, 480), bounds: Some([10, 20, 300, 200]) };

    #[test]
    fn the_item_scored_last_is_told_with_its_verdict_once_there_is_one() {
        let last = LastItems::default();
        assert_eq!(last.of("top"), None);
        last.scored(&id(7), "top", LOCATED, (2.0, 3.0), Some("day/7-heat.jpg".to_owned()));
        let seven = last.of("top").unwrap();
        assert_eq!((seven.item, seven.verdict, seven.bounds), (7, None, LOCATED.bounds));
        assert!((seven.p_value - 0.01).abs() < 1e-9, "{seven:?}");

        let mut record = Record::of(id(7), jiff::Timestamp::UNIX_EPOCH);
        record.views = vec![ViewRecord { offset_mm: Some(-4.0), ..ViewRecord::of("top") }];
        record.verdict = Some(Verdict::Pass);
        last.recorded(&record);
        let seven = last.of("top").unwrap();
        assert_eq!((seven.verdict, seven.offset_mm), (Some("pass"), Some(-4.0)));
        assert_eq!(last.of("side"), None);
    }

    #[test]
    fn a_late_word_about_an_item_before_changes_nothing() {
        let last = LastItems::default();
        last.scored(&id(7), "top", LOCATED, (2.0, 3.0), None);
        last.scored(&id(8), "top", LOCATED, (1.0, 3.0), None);
        let verdict = Some(Verdict::Pass);
        last.recorded(&Record { verdict, ..Record::of(id(7), jiff::Timestamp::UNIX_EPOCH) });
        let eight = last.of("top").unwrap();
        assert_eq!((eight.item, eight.verdict), (8, None));
        let other = ItemId { boot: "another".to_owned(), item: 8 };
        let verdict = Some(Verdict::Pass);
        last.recorded(&Record { verdict, ..Record::of(other, jiff::Timestamp::UNIX_EPOCH) });
        assert_eq!(last.of("top").unwrap().verdict, None, "numbers come again in another boot");
    }
}
