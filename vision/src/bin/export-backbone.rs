//! Writes the model folder of the default backbone; `scripts/bootstrap` runs it.
//!
//! usage: `export-backbone WEIGHTS.safetensors MODEL_FOLDER [LIBONNXRUNTIME.so]`

use std::path::PathBuf;
use std::process::ExitCode;

use features::backbone::export::export;

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let (weights, out, runtime) = match arguments.as_slice() {
        [weights, out] => (weights, out, None),
        [weights, out, runtime] => (weights, out, Some(runtime.as_path())),
        _ => {
            eprintln!(
                "usage: export-backbone WEIGHTS.safetensors MODEL_FOLDER [LIBONNXRUNTIME.so]"
            );
            return ExitCode::from(2);
        }
    };
    // One thread: OpenMP threads wait for each other by spinning, which a busy machine punishes.
    tch::set_num_threads(1);
    match export(weights, out, runtime) {
        Ok(difference) => {
            println!("largest difference from the golden outputs: {difference:.1e}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("export-backbone: {error}");
            ExitCode::FAILURE
        }
    }
}
