//! Numbers items at the entry eye, as a PLC does: the **acquisition id** counts 1 to 65,535 and
//! wraps to 1.
//!
//! An item whose leading edge crosses the eye again, because the belt ran backwards or stands with
//! the item's edge trembling in the beam, keeps its id. It is recognised by the encoder alone: it
//! had gone back before the eye, and comes again within the slip tolerance of the count at which it
//! came first. Whatever comes elsewhere is a new item.

use super::encoder::Place;

/// Items remembered for the case that the belt runs backwards.
const REMEMBERED: usize = 32;

/// An item that is freed within this part of the slip tolerance after it came has not passed: it
/// trembles in the beam. With the usual tolerance of 60 mm that is 6 mm, shorter than any item.
const TREMBLING: i64 = 10;

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
        match self.at_eye {
            None => 0,
            Some(index) => {
                self.items[index].is_back = false;
                self.items[index].id
            }
        }
    }

    /// The eye is free again. Returns the id of what covered it, or 0.
    pub fn freed(&mut self, place: Place) -> u16 {
        let Some(index) = self.at_eye.take() else {
            return 0;
        };
        let item = &mut self.items[index];
        let trembles = (place.count - item.leading).abs() * TREMBLING <= self.tolerance;
        if place.backward || trembles {
            item.is_back = true;
        } else {
            item.trailing = Some(place.count);
        }
        item.id
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
            assert_eq!(numbering.freed(forward(at + 300)), id);
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
        assert_eq!(numbering.freed(backward(505)), 2);
        assert_eq!(numbering.covered(backward(298)), 1);
        assert_eq!(numbering.freed(backward(-3)), 1);
        assert_eq!(numbering.covered(forward(5)), 1, "and they come again in their order");
        assert_eq!(numbering.freed(forward(305)), 1);
        assert_eq!(numbering.covered(forward(500)), 2);
        assert_eq!(numbering.freed(forward(800)), 2);
        assert_eq!(numbering.covered(forward(1000)), 3);
    }

    #[test]
    fn an_item_put_where_another_was_taken_away_is_a_new_one_unless_it_lies_in_its_place() {
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.covered(forward(0)), 1);
        assert_eq!(numbering.freed(backward(0)), 1);
        assert_eq!(numbering.covered(forward(250)), 2, "nothing is expected there");
    }

    #[test]
    fn an_item_that_trembles_in_the_beam_of_a_standing_belt_is_one_item() {
        let mut numbering = Numbering::new(100);
        for _ in 0..5 {
            assert_eq!(numbering.covered(forward(700)), 1);
            assert_eq!(numbering.freed(forward(701)), 1);
        }
        assert_eq!(numbering.covered(forward(701)), 1);
        assert_eq!(numbering.freed(forward(1000)), 1);
        assert_eq!(numbering.covered(forward(1050)), 2, "close behind is another item");
    }

    #[test]
    fn what_comes_back_without_ever_having_passed_has_no_id() {
        let mut numbering = Numbering::new(100);
        assert_eq!(numbering.covered(backward(-50)), 0);
        assert_eq!(numbering.freed(backward(-300)), 0);
    }
}
