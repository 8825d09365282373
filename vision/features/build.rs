//! Lets the binaries, tests and benches of this package find libtorch without an environment
//! variable: the folder that torch-sys linked against becomes their rpath.
//!
//! The folder is handed on as `libtorch_lib`, so that packages which link it can do
//! the same in their own build scripts (`vision/rpath.rs`): link arguments are not inherited.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lib = env::var("DEP_TCH_LIBTORCH_LIB")
        .expect("torch-sys, a direct dependency, reports the libtorch folder that it linked");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    // libtorch registers its kernels when it is loaded; no symbol of it need be referenced.
    println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo::rustc-link-arg=-ltorch");
    println!("cargo::metadata=libtorch_lib={lib}");
}
