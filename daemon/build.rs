//! Gives this package's binaries and tests the rpath of the libtorch that features links, so that
//! they run with no environment variable set (see vision/features/build.rs), and the program the date of its
//! build, before which no clock is trusted (see src/wall_clock/).

use std::env;
use std::fs;
use std::process::Command;
use std::time::UNIX_EPOCH;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let lib = env::var("DEP_INSPECTD_FEATURES_LIBTORCH_LIB")
        .expect("features, a direct dependency, reports the libtorch folder that it linked");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    println!("cargo::rustc-link-arg=-Wl,--no-as-needed");
    println!("cargo::rustc-link-arg=-ltorch");

    // Not at each commit, which would compile the crate anew: an older date is a lower floor, and a
    // release is built from nothing.
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=../Cargo.lock");
    let seconds = match env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.trim().parse().expect("SOURCE_DATE_EPOCH is whole seconds since 1970"),
        Err(_) => committed().unwrap_or_else(declared),
    };
    assert!((0..253_402_300_800).contains(&seconds), "a build in year 1 to 9999, not at {seconds}");
    println!("cargo::rustc-env=INSPECTD_BUILD_EPOCH={seconds}");
}

/// When the last commit was made: the same for everybody who builds it.
fn committed() -> Option<i64> {
    let git = Command::new("git").args(["log", "-1", "--format=%ct"]).output().ok()?;
    String::from_utf8(git.stdout).ok()?.trim().parse().ok()
}

/// Without git: the date that the source archive gives to its dependencies.
fn declared() -> i64 {
    let lock = fs::metadata("../Cargo.lock").or_else(|_| fs::metadata("Cargo.toml"));
    let changed = lock.and_then(|lock| lock.modified()).expect("the package has a Cargo.toml");
    let age = changed.duration_since(UNIX_EPOCH).expect("the file is from 1970 or later");
    i64::try_from(age.as_secs()).expect("a file's time fits")
}
