//! Sizes of clothing and shoes. How words are compared stands in the [module above](super).
//!
//! Sources: EN 13402-3 and ISO 4415 (letter codes), ISO 9407 (Mondopoint: the length of the foot),
//! ISO/TS 19407 (ranges of shoe sizes of the European, British and American systems), GB/T 1335 (号型),
//! JIS L 4004 and L 4005 (S, M, L, フリー); words and country marks from the trade.

/// Letter sizes by rank: M is 0, S is -1, L is 1.
pub const LETTERS: &[(i8, &str)] = &[
    (-4, "xxxs, 3xs"),
    (-3, "xxs, 2xs, extra extra small"),
    (-2, "xs, x-small, extra small, extra klein, très petit"),
    (
        -1,
        "s, small, klein, petit, petite, pequeño, pequeña, piccolo, piccola, pequeno, pequena, mały, \
        liten, 小码, 小碼, 小号",
    ),
    (
        0,
        "m, medium, mittel, moyen, moyenne, mediano, mediana, media, médio, średni, mellan, med, 中码, \
        中碼, 中号",
    ),
    (1, "l, large, groß, grand, grande, groot, duży, stor, lg, lge, 大码, 大碼, 大号"),
    (2, "xl, x-large, extra large, extra groß, très grand, extra grande, 加大码, 加大号"),
    (3, "xxl, 2xl, xx-large, extra extra large"),
    (4, "xxxl, 3xl, xxx-large"),
    (5, "xxxxl, 4xl"),
    (6, "xxxxxl, 5xl"),
    (7, "xxxxxxl, 6xl"),
];

/// One size for everybody.
pub const ONE_SIZE: &str = "one size, onesize, one size fits all, one size fits most, osfa, os, einheitsgröße, \
    taille unique, tu, talla única, taglia unica, tamanho único, één maat, uniwersalny, one-size, \
    フリーサイズ, フリー, 均码, 均碼";

/// Whose numbers they are. Numbers of two systems are never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// European shoe sizes, and what is marked EU on clothing.
    Europe,
    /// United Kingdom.
    Britain,
    /// United States, without a word for whom.
    America,
    /// United States, men.
    AmericaMen,
    /// United States, women.
    AmericaWomen,
    /// France.
    France,
    /// Germany.
    Germany,
    /// Italy.
    Italy,
    /// Spain.
    Spain,
    /// Japan.
    Japan,
    /// China.
    China,
    /// Australia.
    Australia,
    /// Length of the foot in centimetres.
    Foot,
    /// Waist in inches.
    Waist,
    /// Inside leg in inches, only after a waist.
    Leg,
}

/// The marks of a system.
#[derive(Debug)]
pub struct SystemMarks {
    /// Whose they are.
    pub system: System,
    /// The smallest and the largest number that can be one.
    pub range: (f64, f64),
    /// Whether the mark alone is enough: `IT 40` may be anything, unless another system stands beside it.
    pub clear: bool,
    /// Before or after the number.
    pub words: &'static str,
}

/// Every system.
pub const SYSTEMS: &[SystemMarks] = &[
    SystemMarks {
        system: System::Europe,
        range: (15.0, 64.0),
        clear: true,
        words: "eu, eur, euro, eu size, europe",
    },
    SystemMarks {
        system: System::Britain,
        range: (0.0, 24.0),
        clear: true,
        words: "uk, gb, uk size",
    },
    SystemMarks {
        system: System::America,
        range: (0.0, 24.0),
        clear: true,
        words: "us, usa, us size, u.s.",
    },
    SystemMarks {
        system: System::AmericaMen,
        range: (0.0, 24.0),
        clear: true,
        words: "us m, us men, us mens, us men's, usm, mens us",
    },
    SystemMarks {
        system: System::AmericaWomen,
        range: (0.0, 24.0),
        clear: true,
        words: "us w, us women, us womens, us women's, usw, womens us",
    },
    SystemMarks { system: System::France, range: (15.0, 64.0), clear: false, words: "fr" },
    SystemMarks { system: System::Germany, range: (15.0, 64.0), clear: false, words: "de, d" },
    SystemMarks { system: System::Italy, range: (15.0, 66.0), clear: false, words: "it, i" },
    SystemMarks { system: System::Spain, range: (15.0, 64.0), clear: false, words: "es, e" },
    SystemMarks { system: System::Japan, range: (3.0, 31.0), clear: false, words: "jp, jpn" },
    SystemMarks { system: System::China, range: (15.0, 280.0), clear: false, words: "cn, chn" },
    SystemMarks { system: System::Australia, range: (0.0, 24.0), clear: false, words: "au, aus" },
    SystemMarks { system: System::Foot, range: (8.0, 34.0), clear: false, words: "cm, mondo" },
    SystemMarks {
        system: System::Waist,
        range: (22.0, 60.0),
        clear: true,
        words: "w, waist, bundweite, bund",
    },
    SystemMarks {
        system: System::Leg,
        range: (24.0, 40.0),
        clear: true,
        words: "l, leg, length, länge, inseam",
    },
];
