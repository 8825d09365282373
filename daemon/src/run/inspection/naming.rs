//! The loop's part in finding out what items are: what a code means, and whom to ask.

use std::time::Duration;

use line::protocol::ItemNumber;
use meaning::expectation::Expectation;

use super::Inspection;
use crate::item::identification::{Claim, Source};
use crate::warehouse::codes;
use crate::warehouse::look_up_thread::LookedUp;
use crate::warehouse::look_ups::Answer;

/// What a source said of an item.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub item: ItemNumber,
    pub source: Source,
    /// Which scanner, where there are several.
    pub by: Option<String>,
    /// The code.
    pub said: String,
    /// The GTINs in it, 14 digits each.
    pub gtins: Vec<String>,
    /// Whether the source says no more.
    pub is_all: bool,
}

impl Inspection {
    /// What is expected of `sku`.
    pub(super) fn expected(&self, sku: &str) -> Option<&Expectation> {
        self.expectations.of(sku).or_else(|| self.look_ups.of(sku))
    }

    /// The SKU whose references show what `sku` looks like: without the box that is left out on purpose, it looks like
    /// another one.
    pub(super) fn shown_by(&self, sku: &str) -> String {
        let expected = self.expected(sku);
        let other = expected.and_then(|expected| expected.reference.clone());
        other.unwrap_or_else(|| sku.to_owned())
    }

    /// Hands on what a source says of an item. If it is known now what the item is, and it still travels to the cameras,
    /// its references are loaded meanwhile.
    pub(super) fn told(&mut self, item: ItemNumber, claim: Claim, is_all: bool) {
        let now = self.now();
        let steps = self.flow.told(item, claim, is_all, now);
        if let Some(pool) = &self.scorer
            && let Some(sku) = self.flow.sku(item)
            && self.flow.views(item).is_empty()
        {
            let cameras = self.cameras.iter().map(|camera| &**camera.name());
            pool.prefetch(&self.shown_by(sku), cameras);
        }
        self.perform(steps, Vec::new());
    }

    /// What a code means; `None` while the warehouse is asked, whose answer [`Inspection::on_looked_up`] takes in.
    pub(super) fn claim(&mut self, said: Said) -> Option<Claim> {
        let unlisted = self.identity.unlisted_codes;
        let listed = codes::skus_of(&self.expectations, &said.said, &said.gtins, unlisted);
        if !listed.is_empty() || self.look_up.is_none() {
            return Some(claim_of(&said, listed, None));
        }
        let now = self.now().mono;
        match self.look_ups.ask(&said.said, now) {
            Answer::Known(expectation) => {
                let skus = vec![expectation.sku.clone()];
                Some(claim_of(&said, skus, None))
            }
            Answer::Unknown => Some(claim_of(&said, Vec::new(), None)),
            Answer::Failed => Some(claim_of(&said, Vec::new(), Some(NOT_ASKED))),
            Answer::Ask => {
                let asked = self.look_up.as_ref().is_some_and(|thread| thread.ask(&said.said));
                if asked {
                    self.asked_about.push(said);
                    return None;
                }
                self.look_ups.answered(&said.said, Err(()), now);
                Some(claim_of(&said, Vec::new(), Some(NOT_ASKED)))
            }
            Answer::Waiting => {
                self.asked_about.push(said);
                None
            }
        }
    }

    /// The warehouse has answered.
    pub(super) fn on_looked_up(&mut self, looked_up: LookedUp) {
        let LookedUp { code, answer } = looked_up;
        let now = self.now();
        if let Err(cause) = &answer {
            tracing::warn!(code, cause, "the warehouse could not be asked what a code means");
        }
        let problem = answer.as_ref().err().map(|_| NOT_ASKED);
        let skus: Vec<String> = match &answer {
            Ok(Some(expectation)) => vec![expectation.sku.clone()],
            _ => Vec::new(),
        };
        self.look_ups.answered(&code, answer.map_err(|_| ()), now.mono);
        let (waited, others) =
            std::mem::take(&mut self.asked_about).into_iter().partition(|said| said.said == code);
        self.asked_about = others;
        let waited: Vec<Said> = waited;
        for said in waited {
            let claim = claim_of(&said, skus.clone(), problem);
            self.told(said.item, claim, said.is_all);
        }
    }

    /// Nobody waits any more for what is asked about an item.
    pub(super) fn forget_asked(&mut self, item: ItemNumber) {
        self.asked_about.retain(|said| said.item != item);
    }
}

/// Why a code has no meaning while the warehouse is away.
const NOT_ASKED: &str = "the warehouse could not be asked what its code means";

fn claim_of(said: &Said, skus: Vec<String>, problem: Option<&str>) -> Claim {
    Claim {
        source: said.source,
        by: said.by.clone(),
        said: Some(said.said.clone()),
        skus,
        problem: problem.map(str::to_owned),
    }
}

/// How long an answer of the warehouse is remembered, from minutes in the line file.
pub(super) fn kept(minutes: u32) -> Duration {
    Duration::from_secs(60 * u64::from(minutes))
}
