//! Every text of the page: one table a language, `calib/texts/*.toml`, compiled in.
//!
//! Templates and scripts have no text of their own; tests hold that, that all tables have the same
//! keys and the same places to fill, and that every key is used. What the box says about itself
//! (what is wrong, what was found on an item) is the box's word, in English, and shown as such.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key of a text that is looked up later: written so, the test that looks for keys finds it.
pub(crate) struct Key(pub(crate) &'static str);

/// A language of the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its code, as browsers write it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What it calls itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of that code.
    pub fn coded(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The first language of a browser's `Accept-Language` that the page knows.
    pub fn asked(accept: &str) -> Option<Self> {
        let mut wishes: Vec<(f32, Self)> = accept
            .split(',')
            .take(20)
            .filter_map(|wish| {
                let mut parts = wish.trim().split(';');
                let code = parts.next()?.split('-').next()?.trim().to_ascii_lowercase();
                let weight = parts.find_map(|part| part.trim().strip_prefix("q="));
                let weight = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
                Some((weight, Self::coded(&code)?))
            })
            .filter(|(weight, _)| *weight > 0.0)
            .collect();
        // Stable: of two equal wishes the first one counts.
        wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
        wishes.first().map(|(_, language)| *language)
    }

    /// Its texts.
    pub fn texts(self) -> &'static Texts {
        static ENGLISH: LazyLock<Texts> =
            LazyLock::new(|| Texts::parse(include_str!("../../texts/en.toml")));
        static GERMAN: LazyLock<Texts> =
            LazyLock::new(|| Texts::parse(include_str!("../../texts/de.toml")));
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
        }
    }
}

/// The texts of one language, by key: `overview.title`.
#[derive(Debug)]
pub struct Texts {
    by_key: BTreeMap<String, String>,
}

impl Texts {
    fn parse(table: &str) -> Self {
        let sections: BTreeMap<String, BTreeMap<String, String>> =
            toml::from_str(table).expect("a test reads every table");
        let by_key = sections.into_iter().flat_map(|(section, texts)| {
            texts.into_iter().map(move |(key, text)| (format!("{section}.{key}"), text))
        });
        Self { by_key: by_key.collect() }
    }

    /// A text. Tests hold that every key that is asked for exists; a missing one shows itself.
    pub fn get<'a>(&'a self, key: &'a str) -> &'a str {
        self.by_key.get(key).map_or(key, String::as_str)
    }

    /// A text of a section by a name that is only known when the page is made, such as a role's.
    pub fn named<'a>(&'a self, section: &str, name: &'a str) -> &'a str {
        self.by_key.get(&format!("{section}.{name}")).map_or(name, String::as_str)
    }

    /// A text with its places filled.
    pub fn filled(&self, key: &str, places: &[(&str, &str)]) -> String {
        // One pass, so that a value with braces fills nothing.
        let mut rest = self.get(key);
        let mut text = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = places.iter().find(|(place, _)| *place == name);
            text.push_str(value.map_or("", |(_, value)| value));
            rest = after;
        }
        text + rest
    }

    /// All of them, for the page's scripts.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.by_key
    }
}

#[cfg(test)]
mod tests;
