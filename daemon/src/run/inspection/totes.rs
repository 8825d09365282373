//! The loop's part in totes: on what an item lies, and its views without the tote.

use line::protocol::ItemNumber;
use vision::labels::Views;
use vision::totes::LiesIn;

use super::Inspection;
use crate::records::record::ViewRecord;

impl Inspection {
    /// Finds out on what an item lies, where totes are declared; says in `views` from which cameras its tote hides it.
    pub(super) fn find_tote(&mut self, item: ItemNumber, frames: &Views, views: &mut [ViewRecord]) {
        let Some(totes) = &self.totes else { return };
        let looked = totes.look(frames);
        for view in views.iter_mut() {
            view.is_hidden = looked.hidden.iter().any(|camera| **camera == *view.camera);
        }
        if matches!(looked.lies_in, LiesIn::Tote(_)) {
            self.cleared.insert(item, looked.views);
        }
        self.flow.lies_in(item, &looked.lies_in);
    }

    /// The views of an item that are compared: without its tote, where it lies in one.
    pub(super) fn compared(&self, item: ItemNumber) -> Views {
        let views = self.cleared.get(&item).or_else(|| self.frames.get(&item));
        views.cloned().unwrap_or_default()
    }
}
