//! **The table**: every word and every way of writing a date that label reading knows.
//!
//! [`languages`] has one entry per language: its month names, the words that stand with a date ("best
//! before", "MFG"), with a lot or with a serial number. [`formats`] has one row per way of writing a date.
//! [`denials`] holds what turns such words around: "do not use before", "see lid"; [`offers`] tells that an offer
//! is meant, and not the goods.
//! [`hints`] knows what prints say about a format: `(DD/MM/YY)`.
//! [`fields`] says in each language that a size, a colour, a count or the net quantity follows;
//! [`amounts`], [`sizes`], [`colours`] and [`counts`] hold units and the values themselves. Code elsewhere
//! knows no word of any language: whoever adds a language adds rows here and rows to `dates/table.tsv` and
//! `compare/table.tsv`, which say what a careful person reads on such labels.
//!
//! How words are compared, so that a row needs one spelling only:
//! * upper and lower case, accents, spaces and punctuation do not count (`À consommer jusqu'au`,
//!   `a consommer jusquau`, `ACONSOMMER JUSQU AU` are one phrase);
//! * one wrong, missing or extra character is forgiven in phrases of five characters or more, and one of the
//!   confusions 0/O, 1/I/L, 5/S, 8/B, 6/G, 2/Z in month names and in phrases of three or four;
//! * a phrase must begin where a word begins and end where one ends, except in scripts without spaces.
//!
//! Sources of the words around dates, named in each entry by these short names:
//! * *1169*: Regulation (EU) 1169/2011, Annex X, in that language's official version: the wording for date
//!   of minimum durability, use-by date and date of freezing;
//! * *91*: Directive 2011/91/EU (marking of the lot, the letter L);
//! * *CXS 1*: Codex General Standard for the Labelling of Prepackaged Foods, CXS 1-1985, section 4.7;
//! * *FDA*: 21 CFR 211.137 and FSIS/FDA guidance on "Best if Used By";
//! * *CFIA*: Food and Drug Regulations (Canada) B.01.007, with its two-letter symbols of months;
//! * *JP*: Food Labelling Act and Food Labelling Standards of Japan (賞味期限, 消費期限, 製造年月日);
//! * *GB*: GB 7718-2011 and -2025 (生产日期, 保质期, 保质期到期日);
//! * *CLDR*: Unicode CLDR 46, Gregorian month names, wide and abbreviated, format and stand-alone;
//! * *trade*: abbreviations seen on goods, in no standard.

pub mod amounts;
pub mod colours;
pub mod counts;
pub mod denials;
pub mod fields;
pub mod formats;
pub mod hints;
pub mod languages;
pub mod offers;
pub mod sizes;

pub use formats::{FORMATS, Format, Needs, Order, Part};
pub use languages::{LANGUAGES, Language, MONTH_SYMBOLS, UNITS, WEEKDAYS};
