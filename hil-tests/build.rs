//! Gives this package's binaries and tests the rpath of the libtorch that features links, so that
//! they run with no environment variable set (see vision/features/build.rs).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lib = env::var("DEP_INSPECTD_FEATURES_LIBTORCH_LIB")
        .expect("features, a direct dependency, reports the libtorch folder that it linked");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo::rustc-link-arg=-ltorch");
}
