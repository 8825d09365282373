//! Gives a traced TorchScript file a tuple of outputs.
//!
//! tch can trace only functions with one output: with two, libtorch refuses to save ("exportable
//! methods must have a single return value") and tch has no way to build the tuple. So the outputs
//! are joined by one recognisable operation, [`mark`], and the saved file is rewritten.
//!
//! A TorchScript file is a zip archive; `code/…py` in it is the program as text. There the join is
//! replaced by a tuple of the same values and the declared result type is changed to match.
//! libtorch parses and type-checks that text when the file is loaded, so a rewrite that went wrong
//! is an error at export and never a wrong number.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tch::Tensor;
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The operation that stands for the tuple. A network has no other use for it: it flattens tensors
/// of any shape into one.
const JOIN: &str = "torch.flatten_dense_tensors([";

/// Why a traced file was not rewritten.
#[derive(Debug, Error)]
pub enum PatchError {
    /// The file is not readable as an archive, or the new one not writable.
    #[error(
        "cannot rewrite {path}: {source}; check the free space and run scripts/bootstrap again"
    )]
    Archive {
        /// The traced file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The program does not look as this libtorch version writes it.
    #[error(
        "the program in {path} does not end in the marked join: this libtorch writes TorchScript in \
         another way; use the pinned version"
    )]
    NoMark {
        /// The traced file.
        path: PathBuf,
    },
}

/// Joins outputs into the one tensor that tracing allows; [`rewrite`] undoes it.
pub fn mark(outputs: &[Tensor]) -> Tensor {
    Tensor::flatten_dense_tensors(outputs)
}

/// Copies the traced TorchScript file `from` to `to`, with the tuple in place of the join.
///
/// # Errors
/// When `from` is not such a file or `to` cannot be written.
pub fn rewrite(from: &Path, to: &Path) -> Result<(), PatchError> {
    let archive_error = |source: io::Error| PatchError::Archive { path: from.to_owned(), source };
    let zip_error = |error: zip::result::ZipError| archive_error(error.into());
    let mut input = ZipArchive::new(File::open(from).map_err(archive_error)?).map_err(zip_error)?;
    let mut output = ZipWriter::new(File::create(to).map_err(archive_error)?);
    // libtorch wants tensors uncompressed and, to map them, aligned to 64 bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .with_alignment(64);
    let mut patched = false;
    for index in 0..input.len() {
        let mut member = input.by_index(index).map_err(zip_error)?;
        let name = member.name().map_err(zip_error)?.into_owned();
        // Line tables for error messages; they describe the text before the change.
        if name.ends_with(".debug_pkl") {
            continue;
        }
        let mut content = Vec::new();
        member.read_to_end(&mut content).map_err(archive_error)?;
        if name.contains("/code/") && name.ends_with(".py") {
            let text = String::from_utf8_lossy(&content);
            if let Some(text) = with_tuple(&text) {
                content = text.into_bytes();
                patched = true;
            }
        }
        output.start_file(name, options).map_err(zip_error)?;
        output.write_all(&content).map_err(archive_error)?;
    }
    if !patched {
        return Err(PatchError::NoMark { path: from.to_owned() });
    }
    let file = output.finish().map_err(zip_error)?;
    file.sync_all().map_err(archive_error)
}

/// The program with a tuple in place of the join, or `None` when it has not exactly one join.
fn with_tuple(program: &str) -> Option<String> {
    let (before, rest) = program.split_once(JOIN)?;
    let (values, after) = rest.split_once("])\n")?;
    if after.contains(JOIN) {
        return None;
    }
    let (head, body) = before.split_once(") -> Tensor:")?;
    let types = vec!["Tensor"; top_level_items(values)].join(", ");
    Some(format!("{head}) -> Tuple[{types}]:{body}({values})\n{after}"))
}

/// How many values the comma-separated list has, not counting commas inside brackets.
fn top_level_items(list: &str) -> usize {
    let mut depth = 0;
    let commas = list.chars().filter(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        *c == ',' && depth == 0
    });
    commas.count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "class Backbone(Module):
  def forward(self: __torch__.Backbone,
    argument_1: Tensor) -> Tensor:
    _0 = torch.clamp(argument_1, 0., 6.)
    _1 = torch.flatten_dense_tensors([_0, torch.add(_0, CONSTANTS.c1, alpha=1)])
    return _1
";

    #[test]
    fn the_join_becomes_a_tuple_of_the_same_values() {
        let patched = with_tuple(PROGRAM).expect("one join");
        assert!(patched.contains("argument_1: Tensor) -> Tuple[Tensor, Tensor]:\n"));
        assert!(patched.contains("    _1 = (_0, torch.add(_0, CONSTANTS.c1, alpha=1))\n"));
        assert!(patched.ends_with("    return _1\n"));
    }

    #[test]
    fn a_program_without_the_join_is_refused() {
        assert_eq!(with_tuple(&PROGRAM.replace("flatten_dense_tensors", "cat")), None);
    }

    #[test]
    fn a_rewritten_file_gives_each_output_as_it_was() {
        use crate::backbone::feature_maps;
        use tch::{CModule, Device, Kind};

        let folder = tempfile::tempdir().expect("a temporary folder");
        let (traced, rewritten) = (folder.path().join("a.pt"), folder.path().join("b.pt"));
        let picture = Tensor::ones([1, 3, 4, 4], (Kind::Float, Device::Cpu));
        let module = CModule::create_by_tracing(
            "Doubler",
            "forward",
            &[picture.shallow_clone()],
            &mut |inputs| {
                vec![mark(&[
                    &inputs[0] * 2,
                    inputs[0].sum_dim_intlist([2_i64, 3].as_slice(), false, Kind::Float),
                ])]
            },
        );
        module.expect("traced").save(&traced).expect("saved");
        rewrite(&traced, &rewritten).expect("rewritten");

        let module = CModule::load(&rewritten).expect("libtorch accepts the program");
        let maps = feature_maps(&module, &(picture * 3)).expect("two maps");
        assert_eq!(maps.len(), 2);
        assert_eq!(maps[0].size(), [1, 3, 4, 4]);
        assert_eq!(maps[0].double_value(&[0, 2, 3, 3]), 6.0);
        assert_eq!(maps[1].size(), [1, 3]);
        assert_eq!(maps[1].double_value(&[0, 1]), 48.0);
    }

    #[test]
    fn a_file_that_is_no_archive_is_named_in_the_error() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("traced.pt");
        std::fs::write(&path, "no archive").expect("written");
        let error = rewrite(&path, &folder.path().join("out.pt")).expect_err("refused");
        assert!(error.to_string().contains("traced.pt"), "{error}");
    }
}
