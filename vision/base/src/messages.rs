//! **Messages** of other people's libraries, as one line.

/// The first line of a message that says something: libtorch's go on with a stack of C++ frames.
pub fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no message").to_owned()
}
