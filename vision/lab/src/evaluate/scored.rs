//! What scoring says about one item of the test part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{BrokenPicture, EvaluateError};
use base::caption::captioned;
use base::dataset::TestItem;
use base::picture::Picture;
use damage::scoring::{HeatMap, Member, MemberScore, Reference, Scorer, annotated};

/// One scored item.
#[derive(Debug)]
pub(super) struct ItemScore {
    pub(super) class: String,
    pub(super) name: String,
    /// At least one.
    pub(super) views: BTreeMap<String, ScoredView>,
}

/// One view of a scored item.
#[derive(Debug)]
pub(super) struct ScoredView {
    pub(super) picture: PathBuf,
    pub(super) mask: Option<PathBuf>,
    /// Width and height of the picture.
    pub(super) size: (u32, u32),
    pub(super) score: f64,
    pub(super) threshold: f64,
    pub(super) ms: f64,
    /// What each member says.
    pub(super) members: Vec<MemberScore>,
    /// Where it differs, as the most surprised member sees it, and as each does that looks at places.
    pub(super) heat: HeatMap,
    pub(super) heats: Vec<(Member, HeatMap)>,
}

impl ScoredView {
    /// Whether it exceeds its threshold.
    pub(super) fn exceeds(&self) -> bool {
        self.score > self.threshold
    }
}

impl ItemScore {
    /// The view with the largest score.
    pub(super) fn worst(&self) -> (&str, &ScoredView) {
        let worst = self.views.iter().max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score));
        worst.map(|(name, view)| (name.as_str(), view)).expect("an item has a view")
    }

    /// The largest score of the views.
    pub(super) fn score(&self) -> f64 {
        self.worst().1.score
    }

    /// Whether a view exceeds its threshold.
    pub(super) fn diverted(&self) -> bool {
        self.views.values().any(ScoredView::exceeds)
    }

    /// What all views took, in milliseconds.
    pub(super) fn ms(&self) -> f64 {
        self.views.values().map(|view| view.ms).sum()
    }

    /// The largest surprise of one member, and whether it exceeds its view's threshold anywhere.
    pub(super) fn member(&self, member: Member) -> Option<(f64, bool)> {
        let all = self.views.values().flat_map(|view| {
            let of_view = view.members.iter().filter(|one| one.member == member);
            of_view.map(|one| (one.surprise(), one.surprise() > view.threshold))
        });
        all.reduce(|a, b| (a.0.max(b.0), a.1 || b.1))
    }
}

/// Why an item has no score.
pub(super) enum Unscored {
    /// A picture is to blame: the others are scored all the same.
    Broken(BrokenPicture),
    /// Nothing can go on.
    Stopped(EvaluateError),
}

/// The score of all views of an item together. One broken picture spoils the item: what one camera
/// missed must not make the others' figures look better or worse. `pictures` is the folder that takes
/// each view with its heat, boxes and words.
pub(super) fn score_item(
    scorer: &Scorer,
    references: &BTreeMap<String, Reference>,
    item: &TestItem,
    pictures: Option<&Path>,
) -> Result<ItemScore, Unscored> {
    let mut views = BTreeMap::new();
    for (view, file) in &item.pictures {
        let broken = |cause: String| Unscored::Broken(BrokenPicture { file: file.clone(), cause });
        let reference = references.get(view).expect("items come from the dataset's views");
        let picture = Picture::open(file).map_err(|error| broken(error.to_string()))?;
        let scored = scorer
            .score(&picture, reference, item.pictures.len())
            .map_err(|error| broken(error.to_string()))?;
        if let Some(folder) = pictures {
            let said = if scored.exceeds { scored.words(None) } else { "normal".into() };
            let boxes = if scored.exceeds { scored.differs.as_slice() } else { &[] };
            let said = format!("{} of {:.2}: {said}", scored.score, scored.threshold);
            let shown = captioned(&annotated(&picture, &scored.heat, boxes), &said);
            let path = folder.join(view).join(&item.class).join(format!("{}.jpg", item.name));
            write(Picture::from(shown), &path).map_err(Unscored::Stopped)?;
        }
        let view_score = ScoredView {
            picture: file.clone(),
            mask: item.masks.get(view).cloned(),
            size: (picture.width(), picture.height()),
            score: f64::from(scored.score),
            threshold: f64::from(scored.threshold),
            ms: scored.timings.total().as_secs_f64() * 1e3,
            members: scored.members,
            heats: scored.heats,
            heat: scored.heat,
        };
        views.insert(view.clone(), view_score);
    }
    Ok(ItemScore { class: item.class.clone(), name: item.name.clone(), views })
}

fn write(picture: Picture, path: &Path) -> Result<(), EvaluateError> {
    let failed = |cause| EvaluateError::Write { path: path.to_owned(), cause };
    let jpeg = picture.to_jpeg(90).map_err(|error| failed(std::io::Error::other(error)))?;
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    std::fs::write(path, jpeg).map_err(failed)
}
