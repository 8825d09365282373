//! How many normal pictures it takes: the same test part, learned with few and with many.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{AtBudget, EvaluateError, EvaluateOptions, run};
use base::dataset::{Dataset, Purpose, Unused};
use base::progress::Progress;

/// What each number of normal pictures is good for.
#[derive(Debug, Serialize)]
pub struct ShotCurve {
    /// One entry per number, in the order asked for.
    pub rows: Vec<ShotRow>,
    /// Numbers that were skipped, because the folder has fewer normal pictures of a view.
    pub skipped: Vec<usize>,
    /// Normal pictures there are, of the view that has fewest.
    pub normals: usize,
    /// What lies in the folder and was not used, and why.
    pub unused: Vec<Unused>,
}

/// What one number of normal pictures is good for.
#[derive(Debug, Serialize)]
pub struct ShotRow {
    /// Normal pictures of each view that were learned from.
    pub shots: usize,
    /// What judged: no damage head where there are too few normal pictures to train one.
    pub members: Vec<String>,
    /// AUROC of the fused scores; `null` where good or defective items are missing.
    pub auroc: Option<f64>,
    /// AUROC of each view.
    pub views: BTreeMap<String, Option<f64>>,
    /// What the box would have diverted.
    pub at_budget: AtBudget,
}

/// Evaluates once for each of `counts`, otherwise as `options` say.
pub fn few_shots(
    options: &EvaluateOptions,
    counts: &[usize],
    progress: &mut dyn Progress,
) -> Result<ShotCurve, EvaluateError> {
    let dataset = Dataset::open(&options.root)?;
    dataset.both_kinds(&dataset.test_items()?)?;
    let normals = dataset.views.values().map(|view| view.normals.len()).min().unwrap_or(0);
    let (possible, skipped): (Vec<usize>, Vec<usize>) =
        counts.iter().partition(|count| (1..=normals).contains(*count));
    let mut rows = Vec::with_capacity(possible.len());
    for shots in possible {
        let options = EvaluateOptions { shots: Some(shots), ..options.clone() };
        let found = run(&options, progress)?;
        rows.push(ShotRow {
            shots,
            members: found.members.into_keys().collect(),
            auroc: found.overall.auroc,
            views: found.views.iter().map(|(name, view)| (name.clone(), view.auroc)).collect(),
            at_budget: found.at_budget,
        });
    }
    Ok(ShotCurve { rows, skipped, normals, unused: dataset.unused_for(Purpose::Evaluate) })
}
