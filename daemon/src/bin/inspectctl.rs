//! inspectctl: see `inspectd::ctl`.

fn main() -> std::process::ExitCode {
    inspectd::ctl::main()
}
