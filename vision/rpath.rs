//! Lets a package's tests and programs find libtorch without an environment variable: the folder that
//! `features` linked becomes their rpath. Link arguments are not inherited, so each package that links
//! libtorch names this file as its build script.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lib = env::var("DEP_INSPECTD_FEATURES_LIBTORCH_LIB")
        .expect("features, a direct dependency, reports the libtorch folder that it linked");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    // libtorch registers its kernels when it is loaded; no symbol of it need be referenced.
    println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo::rustc-link-arg=-ltorch");
}
