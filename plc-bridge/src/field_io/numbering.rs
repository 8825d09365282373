//! Numbers items at the entry eye, as a PLC does: the **acquisition id** counts 1 to 65,535 and
//! wraps to 1.
//!
//! An item whose leading edge crosses the eye again, because the belt ran backwards or stands with
//! the item's edge trembling in the beam, keeps its id. It is recognised by the encoder alone: it
//! had gone back before the eye, and comes again within the slip tolerance of the count at which it
//! came first. Whatever comes elsewhere is a new item.
//!
//! An item laid onto the eye while the belt stands, after it ran backwards, looks at first like one that
//! comes back from behind the eye. It is numbered when the belt has carried it on: what comes back and
//! goes again frees the eye where it covered it.

use super::encoder::Place;

/// Items remembered for the case that the belt runs backwards.
const REMEMBERED: usize = 32;

/// An item that is freed within this part of the slip tolerance after it came has not passed: it
/// trembles in the beam. With the usual tolerance of 60 mm that is 6 mm, shorter than any item.
pub const TREMBLING: i64 = 10;

#[derive(Debug, Clone, Copy, Default)]
struct Item {
    id: u16,
    /// The count at which its leading edge came first.
    leading: i64,
    /// The count at which its trailing edge passed last.
    trailing: Option<i64>,
    /// It is before the eye, as a whole.
    is_back: bool,
}

/// Gives each item at the entry eye its acquisition id.
#[derive(Debug, Clone)]
pub struct Numbering {
    tolerance: i64,
    newest: u16,
    /// By order of coming, the oldest overwritten first.
    items: [Item; REMEMBERED],
    next: usize,
    at_eye: Option<usize>,
    /// Where something covered the eye of a belt that ran backwards last, and was not known.
    laid_on: Option<i64>,
}

/// What the eye saw when it was freed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freed {
    /// The id of what covered it, or 0.
    pub id: u16,
    /// It is numbered only now: it covered the eye from this count on.
    pub entered: Option<i64>,
}

impl Numbering {
    /// `tolerance` is how far an item may have slipped when it comes again, in counts.
    pub fn new(tolerance: i64) -> Self {
        Self {
            tolerance: tolerance.max(1),
            newest: 0,
            items: [Item::default(); REMEMBERED],
            next: 0,
            at_eye: None,
            laid_on: None,
        }
    }

    /// Something covers the eye. Returns its id; 0 for something that comes back from behind the
    /// eye and was never numbered.
    pub fn covered(&mut self, place: Place) -> u16 {
        let here = place.count;
        let known = if place.backward {
            self.nearest(|item| item.trailing.filter(|_| !item.is_back), here)
        } else {
            self.nearest(|item| item.is_back.then_some(item.leading), here)
        };
        self.at_eye = match known {
            None if !place.backward => Some(self.number(here)),
            known => known,
        };
        self.laid_on = self.at_eye.is_none().then_some(here);
        match self.at_eye {
            None => 0,
            Some(index) => {
                self.items[index].is_back = false;
                self.items[index].id
            }
        }
    }

    /// The eye is free again.
    pub fn freed(&mut self, place: Place) -> Freed {
        let Some(index) = self.at_eye.take() else {
            return self.carried_on(place);
        };
        let item = &mut self.items[index];
        let trembles = (place.count - item.leading).abs() * TREMBLING <= self.tolerance;
        if place.backward || trembles {
            item.is_back = true;
        } else {
            item.trailing = Some(place.count);
        }
        Freed { id: item.id, entered: None }
    }

    /// Something unknown has freed the eye: an item that was laid on, if the belt has carried it over
    /// the eye.
    fn carried_on(&mut self, place: Place) -> Freed {
        let laid_on = self.laid_on.take().filter(|covered| {
            !place.backward && (place.count - covered) * TREMBLING > self.tolerance
        });
        let Some(covered) = laid_on else { return Freed { id: 0, entered: None } };
        let index = self.number(covered);
        self.items[index].trailing = Some(place.count);
        Freed { id: self.items[index].id, entered: Some(covered) }
    }

    fn number(&mut self, here: i64) -> usize {
        self.newest = self.newest.checked_add(1).unwrap_or(1);
        let index = self.next;
        self.next = (self.next + 1) % REMEMBERED;
        self.items[index] = Item { id: self.newest, leading: here, trailing: None, is_back: false };
        index
    }

    /// The item that is nearest to `here` by its count, if that is near enough.
    fn nearest(&self, count: impl Fn(&Item) -> Option<i64>, here: i64) -> Option<usize> {
        self.items
            .iter()
            .enumerate()
            .filter(|(_, item)| item.id != 0)
            .filter_map(|(index, item)| Some((index, (count(item)? - here).abs())))
            .filter(|(_, apart)| *apart <= self.tolerance)
            .min_by_key(|(_, apart)| *apart)
            .map(|(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(count: i64) -> Place {
        Place { count, backward: false }
    }
    fn backward(count: i64) -> Place {
        Place { count, backward: true }
    }

    #[test]
    fn each_item_has_the_next_id_on_both_of_its_edges() {
        let mut numbering = Numbering::new(100);
        for id in 1..=40 {
            let at = i64::from(id) * 500;
            assert_eq!(numbering.covered(forward(at)), id);
            assert_eq!(numbering.freed(forward(at + 300)).id, id);
        }
    }

    #[test]
    fn ids_wrap_to_one_and_never_are_zero() {
        let mut numbering = Numbering { newest: u16::MAX - 1, ..Numbering::new(100) };
        assert_eq!(numbering.covered(forward(0)), u16::MAX);
        numbering.freed(forward(300));
        assert_eq!(numbering.covered(forward(500)), 1);
    }

    #[test]
    fn items_that_went_back_before_the_eye_keep_their_ids() {
        let mut numbering = Numbering::new(100);
        for at in [0, 500] {
            numbering.covered(forward(at));
            numbering.freed(forward(at + 300));
        }
        assert_eq!(numbering.covered(backward(805)), 2, "the last one comes back first");
        assert_eq!(numbering.freed(backward(505)).id, 2);
        assert_eq!(numbering.covered(backward(298)), 1);
        assert_eq!(numbering.freed(backward(-3)).id, 1);
        assert_eq!(numbering.covered(forward(5)), 1, "and they come again in their order");
        assert_eq!(numbering.freed(forward(305)).id, 1);
        assert_eq!(numbering.covered(forward(500)), 2);
        assert_eq!(numbering.freed(forward(800)).id, 2);
        assert_eq!(numbering.covered(forward(1000)), 3);
    }

    #[test]
    fn an_item_put_where_another_was_taken_away_is_a_new_one_unless_it_lies_in_its_place() {
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.covered(forward(0)), 1);
        assert_eq!(numbering.freed(backward(0)).id, 1);
        assert_eq!(numbering.covered(forward(250)), 2, "nothing is expected there");
    }

    #[test]
    fn an_item_that_trembles_in_the_beam_of_a_standing_belt_is_one_item() {
        let mut numbering = Numbering::new(100);
        for _ in 0..5 {
            assert_eq!(numbering.covered(forward(700)), 1);
            assert_eq!(numbering.freed(forward(701)).id, 1);
        }
        assert_eq!(numbering.covered(forward(701)), 1);
        assert_eq!(numbering.freed(forward(1000)).id, 1);
        assert_eq!(numbering.covered(forward(1050)), 2, "close behind is another item");
    }

    #[test]
    fn an_item_laid_onto_the_eye_of_a_belt_that_ran_back_is_numbered_when_it_is_carried_on() {
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.covered(backward(700)), 0);
        assert_eq!(numbering.freed(forward(950)), Freed { id: 1, entered: Some(700) });
        assert_eq!(numbering.covered(forward(1200)), 2);
        // What came back from behind the eye goes again where it came.
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.covered(backward(700)), 0);
        assert_eq!(numbering.freed(forward(701)), Freed { id: 0, entered: None });
    }

    #[test]
    fn what_comes_back_without_ever_having_passed_has_no_id() {
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.covered(backward(-50)), 0);
        assert_eq!(numbering.freed(backward(-300)).id, 0);
    }
}
