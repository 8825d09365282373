//! What labels print about the format of a date: `(DD/MM/YY)`, `JJ/MM/AA`, `TT.MM.JJJJ`.
//!
//! Each language has its letters for day, month and year, folded, and its words for them. The letters are
//! the first ones of the words: `JJ/MM/AA` is *jour, mois, année*. CLDR's date field names are the source.

/// Letters and words of one language.
#[derive(Debug)]
pub struct Letters {
    /// Day, month and year as letters that are repeated: `dd/mm/yy`.
    pub letters: [char; 3],
    /// Day, month and year as words, written as people write them, in lower case, commas between.
    pub words: [&'static str; 3],
}

const fn row(letters: [char; 3], words: [&'static str; 3]) -> Letters {
    Letters { letters, words }
}

/// One row for each set of letters.
pub const HINTS: &[Letters] = &[
    row(['d', 'm', 'y'], ["day", "month", "year"]),
    row(['j', 'm', 'a'], ["jour", "mois", "annee"]),
    row(['t', 'm', 'j'], ["tag", "monat", "jahr"]),
    row(['d', 'm', 'j'], ["dag", "maand, mnd", "jaar"]),
    row(['g', 'm', 'a'], ["giorno", "mese", "anno"]),
    row(['d', 'm', 'a'], ["dia", "mes", "ano"]),
    row(['d', 'm', 'r'], ["dzien, den", "miesiac, mesic, mesiac", "rok"]),
    row(['d', 'm', 'g'], ["dan", "mjesec, mesec", "godina"]),
    row(['d', 'm', 'l'], ["dan", "mesec", "leto"]),
    // Danish, Norwegian and Swedish å is folded to a: see day, month, año above.
    row(['d', 'm', 'a'], ["dag", "manad, maned", "ar"]),
    row(['p', 'k', 'v'], ["paiva", "kuukausi", "vuosi"]),
    row(['n', 'h', 'e'], ["nap", "honap", "ev"]),
    row(['z', 'l', 'a'], ["zi, ziua", "luna", "an, anul"]),
    row(['g', 'a', 'y'], ["gun", "ay", "yil"]),
    row(['д', 'м', 'г'], ["день, дата", "месяц, месец", "год, година"]),
    row(['д', 'м', 'р'], ["день", "місяць", "рік"]),
    row(['η', 'μ', 'ε'], ["ημερα", "μηνας", "ετος"]),
    row(['h', 'b', 't'], ["hari, tanggal, tgl", "bulan, bln", "tahun, thn"]),
    row(['日', '月', '年'], ["日", "月", "年"]),
    row(['일', '월', '년'], ["일", "월", "년"]),
];
