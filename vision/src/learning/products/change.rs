//! What a person changes about a product. A learner that runs beside is kept from writing meanwhile, and hears of it at
//! once.

use std::fs;
use std::io;
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use base::picture::Picture;
use capture::Frame;
use damage::scoring::ReferenceKey;

use super::{ProductError, Products};
use crate::learning::lessons::{By, Shelf};
use crate::learning::{LearnerHandle, Lesson, plan};

impl Products {
    /// Forgets a SKU: its references, and the pictures that they were learned from.
    ///
    /// # Errors
    /// Nothing is known of it, or a folder cannot be removed.
    pub fn forget(&self, sku: &str) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        let folder = self.references.join(sku);
        match fs::remove_dir_all(&folder) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(ProductError::Disk { path: folder, source });
            }
            _ => {}
        }
        self.lessons.forget(sku).map_err(|error| self.disk(sku, error))?;
        self.tell_learner(sku)
    }

    /// Forgets one item of a SKU: nothing is learned from it any more, and it no longer tells what damage looks like.
    ///
    /// # Errors
    /// There is no such item, or its folder cannot be removed.
    pub fn forget_item(&self, sku: &str, item: &str) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        let shelf = self.shelf_of(sku, item)?;
        let shelf = shelf
            .ok_or_else(|| ProductError::NoItem { sku: sku.to_owned(), item: item.to_owned() })?;
        self.lessons.drop_item(sku, shelf, item).map_err(|error| self.disk(sku, error))?;
        self.tell_learner(sku)
    }

    /// Keeps the references as they are, or lets the box learn about the SKU again.
    ///
    /// # Errors
    /// There is nothing to keep, or the folder cannot be written.
    pub fn set_pinned(&self, sku: &str, pinned: bool) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        if !self.lessons.sku(sku).is_dir() {
            return Err(ProductError::ByPerson { sku: sku.to_owned() });
        }
        if pinned && self.views(sku).is_empty() {
            return Err(ProductError::NoReference { sku: sku.to_owned() });
        }
        let mut learned = self.lessons.learned(sku).unwrap_or_default();
        learned.pinned = pinned;
        self.lessons.note(sku, &learned).map_err(|error| self.disk(sku, error))?;
        self.tell_learner(sku)
    }

    /// A person says that an item is normal, or damaged: it is put onto that shelf, and the references are learned again.
    /// `pictures` are asked for where the box has none of the item. Says whether the item teaches anything: not where a
    /// person taught the product, or pinned it, nor without pictures.
    ///
    /// # Errors
    /// `sku` is no name, or a folder cannot be written.
    pub fn teach(
        &self,
        sku: &str,
        item: &str,
        is_normal: bool,
        pictures: impl FnOnce() -> Option<Vec<(String, Picture)>>,
    ) -> Result<bool, ProductError> {
        let _turn = self.turn();
        ReferenceKey::new(sku, "view")?;
        self.spoke_of(item);
        let by_person = !self.views(sku).is_empty() && !self.lessons.sku(sku).is_dir();
        let learned = self.lessons.learned(sku);
        let is_pinned = learned.is_some_and(|learned| learned.pinned);
        if self.section.learn_after_items == 0 || by_person || is_pinned {
            return Ok(false);
        }
        let wanted = if is_normal { Shelf::Normal } else { Shelf::Damaged };
        match self.shelf_of(sku, item)? {
            Some(shelf) if shelf == wanted => self.lessons.vouch(sku, wanted, item),
            Some(shelf) => {
                let put = self.lessons.put(sku, item, shelf, wanted);
                put.and_then(|()| self.lessons.vouch(sku, wanted, item))
            }
            None => {
                let Some(pictures) = pictures() else { return Ok(false) };
                let views = pictures.into_iter().map(|(camera, picture)| {
                    let camera: Arc<str> = camera.into();
                    let frame = Frame::new(Arc::clone(&camera), Duration::ZERO, picture);
                    (camera, Arc::new(frame))
                });
                let (id, sku) = (item.to_owned(), sku.to_owned());
                let lesson = Lesson { id, sku, views: views.collect(), is_normal };
                self.lessons.keep(&lesson, plan::until(&self.section), By::Person).map(|_| ())
            }
        }
        .map_err(|error| self.disk(sku, error))?;
        self.want_again(sku).map(|()| true)
    }

    /// A person says that an item is not of this product, or not as it should be: nothing is learned from it any more.
    /// Says whether anything was.
    ///
    /// # Errors
    /// `sku` is no name, or a folder cannot be written.
    pub fn take_out(&self, sku: &str, item: &str) -> Result<bool, ProductError> {
        let _turn = self.turn();
        ReferenceKey::new(sku, "view")?;
        self.spoke_of(item);
        let Some(shelf) = self.shelf_of(sku, item)? else { return Ok(false) };
        self.lessons.drop_item(sku, shelf, item).map_err(|error| self.disk(sku, error))?;
        self.want_again(sku).map(|()| true)
    }

    /// Has the references learned again from the pictures that there are; those in use stay until then.
    ///
    /// # Errors
    /// There are no pictures, or the folder cannot be written.
    pub fn learn_again(&self, sku: &str) -> Result<(), ProductError> {
        let _turn = self.turn();
        self.must_know(sku)?;
        if self.items(sku, Shelf::Normal)?.is_empty() {
            return Err(ProductError::NoPictures { sku: sku.to_owned() });
        }
        if self.lessons.learned(sku).is_some_and(|learned| learned.pinned) {
            return Err(ProductError::Pinned { sku: sku.to_owned() });
        }
        self.want_again(sku)
    }

    /// Notes that the references are to be learned again, where there are any.
    fn want_again(&self, sku: &str) -> Result<(), ProductError> {
        if let Some(mut learned) = self.lessons.learned(sku) {
            learned.again = true;
            self.lessons.note(sku, &learned).map_err(|error| self.disk(sku, error))?;
        }
        self.tell_learner(sku)
    }

    /// Keeps a learner that runs beside from writing until the guard is dropped.
    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        self.learner.as_ref().map(LearnerHandle::turn)
    }

    fn spoke_of(&self, item: &str) {
        if let Some(learner) = &self.learner {
            learner.spoke_of(item);
        }
    }

    fn tell_learner(&self, sku: &str) -> Result<(), ProductError> {
        let Some(learner) = &self.learner else { return Ok(()) };
        learner.reread(&self.lessons, sku).map_err(|error| self.disk(sku, error))
    }
}
