//! What the subcommands that read folders of pictures have in common: which camera took them, and what
//! in them is not used.

use std::fmt::Write as _;

use anyhow::{anyhow, ensure};
use base::Dataset;
use base::dataset::{Unused, UnusedList};

use super::Context;

/// `dataset` with its only view named after `view`, where the folder does not say which camera took the
/// pictures; without a `view`, after the line's only camera. A folder that says it is left with its view
/// `view` alone, where that is given.
pub fn with_views(
    mut dataset: Dataset,
    view: Option<&str>,
    context: &Context,
) -> anyhow::Result<Dataset> {
    if dataset.names_no_view() {
        let view = view.map_or_else(|| only_camera(context), |view| Ok(view.to_owned()))?;
        return Ok(dataset.with_only_view_named(&view));
    }
    let Some(view) = view else { return Ok(dataset) };
    let names = dataset.views.keys().cloned().collect::<Vec<_>>().join(", ");
    let folder = dataset.root.join("views");
    dataset.views.retain(|name, pictures| {
        if name != view {
            let pictures = pictures.normals.len() + pictures.empty.len() + pictures.damaged.len();
            let reason = format!("--view {view} asks for another view");
            dataset.unused.push(Unused { path: folder.join(name), pictures, reason });
        }
        name == view
    });
    ensure!(!dataset.views.is_empty(), "the folder has no view {view}; it has {names}");
    Ok(dataset)
}

/// The line's camera, when there is one only.
fn only_camera(context: &Context) -> anyhow::Result<String> {
    let cameras = context.line_file_if_any()?.map(|file| file.camera).unwrap_or_default();
    match cameras.as_slice() {
        [camera] => Ok(camera.name.clone()),
        [] => {
            Err(anyhow!("the folder does not say which camera took the pictures; add --view NAME"))
        }
        several => {
            let names: Vec<_> = several.iter().map(|camera| camera.name.as_str()).collect();
            let names = names.join(" | --view ");
            Err(anyhow!(
                "the folder does not say which camera took the pictures; add --view {names}"
            ))
        }
    }
}

/// Views of `dataset` that no camera of the line file has, in words.
pub fn strange_views(dataset: &Dataset, context: &Context) -> anyhow::Result<Vec<String>> {
    let Some(file) = context.line_file_if_any()? else { return Ok(Vec::new()) };
    let cameras: Vec<&str> = file.camera.iter().map(|camera| camera.name.as_str()).collect();
    let strange = dataset.views.keys().filter(|view| !cameras.contains(&view.as_str()));
    Ok(strange
        .map(|view| {
            format!(
                "no camera of the line file is called `{view}`, so that this reference is never used; \
                 the cameras are {}: name the folder or --view after one of them",
                cameras.join(", ")
            )
        })
        .collect())
}

/// Adds to `text` what is not used, and what else there is to say, a line each.
pub fn add_remarks(text: &mut String, unused: &[Unused], warnings: &[String]) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    for warning in warnings {
        // Writing into a String cannot fail.
        let _ = write!(text, "\nwarning: {warning}");
    }
    let _ = write!(text, "{}", UnusedList(unused.to_vec()));
}

#[cfg(test)]
mod tests {
    use base::dataset::ONLY_VIEW;

    use super::*;

    fn context(line: Option<&std::path::Path>) -> Context {
        Context { line: line.map(Into::into), json: false }
    }

    fn dataset() -> (tempfile::TempDir, Dataset) {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.png"), b"x").unwrap();
        let dataset = Dataset::open(root.path()).unwrap();
        (root, dataset)
    }

    #[test]
    fn pictures_of_an_unnamed_view_are_the_only_cameras() {
        let example = include_str!("example-line.toml");
        let (root, dataset) = dataset();
        let line = root.path().join("line.toml");
        let one = example.replace("name = \"top\"", "name = \"above\"");
        std::fs::write(&line, &one).unwrap();
        let error = with_views(dataset.clone(), None, &context(Some(&line))).unwrap_err();
        assert!(error.to_string().contains("add --view side | --view above"), "{error}");

        let from = one.find("[[camera]]").unwrap();
        let to = from + one[from + 1..].find("[[camera]]").unwrap() + 1;
        std::fs::write(&line, format!("{}{}", &one[..from], &one[to..])).unwrap();
        let named = with_views(dataset.clone(), None, &context(Some(&line))).unwrap();
        assert_eq!(named.views.keys().collect::<Vec<_>>(), ["above"]);
        assert!(strange_views(&named, &context(Some(&line))).unwrap().is_empty());
        let named = with_views(dataset, Some("abvoe"), &context(Some(&line))).unwrap();
        let told = strange_views(&named, &context(Some(&line))).unwrap();
        assert!(told[0].contains("no camera of the line file is called `abvoe`"), "{told:?}");
        assert!(!named.views.contains_key(ONLY_VIEW));
    }

    #[test]
    fn remarks_follow_the_answer() {
        let unused = Unused { path: "a/b".into(), pictures: 3, reason: "not read".into() };
        let mut text = "table".to_owned();
        add_remarks(&mut text, &[unused], &["look out".to_owned()]);
        assert_eq!(text, "table\n\nwarning: look out\nnot used: a/b (3 pictures): not read");
    }
}
