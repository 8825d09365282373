//! Gives this package's binaries and tests the rpath of the libtorch that vision links, so that
//! they run with no environment variable set (see vision/build.rs).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lib = env::var("DEP_INSPECTD_VISION_LIBTORCH_LIB")
        .expect("vision, a direct dependency, reports the libtorch folder that it linked");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo::rustc-link-arg=-ltorch");
}
