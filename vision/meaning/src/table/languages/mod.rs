//! The words, one entry per language, in one file per family of languages. How they are compared and what the sources' short names mean stands in
//! the [module above](super).

mod asia;
mod central;
mod east;
mod north;
mod right_to_left;
mod west;

use asia::ASIA;
use central::CENTRAL;
use east::EAST;
use north::NORTH;
use right_to_left::RIGHT_TO_LEFT;
use west::WEST;

/// The words of one language: lists with commas between the phrases, which are written as people write
/// them, in lower case.
#[derive(Debug, Clone, Copy)]
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// Where the words come from.
    pub sources: &'static str,
    /// January to December: full names, cases of them, abbreviations.
    pub months: [&'static str; 12],
    /// Months (1 to 12) with further names that are also ordinary words somewhere: a name such as Czech `led`
    /// or Malay `Mac` counts only where the label has words of this language.
    pub doubtful: &'static [(i8, &'static str)],
    /// The date after them is the last one on which the item is good.
    pub expiry: &'static str,
    /// Beginnings of the phrases above, whose end stands on the next line or was not read. They count only for
    /// dates that need no words, and where no other word follows.
    pub begun: &'static str,
    /// The date after them is that of making, filling, packing or freezing.
    pub manufacture: &'static str,
    /// The date after them is another one, such as the last day of sale.
    pub other: &'static str,
    /// What follows is a lot.
    pub lot: &'static str,
    /// What follows is a serial number.
    pub serial: &'static str,
    /// What follows is a number that is neither date nor lot: telephone, article, version, patent.
    pub number: &'static str,
    /// Small words that may stand between a phrase and its date, or name it ("best before *date*").
    pub link: &'static str,
}

impl Language {
    /// An entry without words.
    pub const BLANK: Self = Self {
        code: "",
        sources: "",
        months: [""; 12],
        doubtful: &[],
        expiry: "",
        begun: "",
        manufacture: "",
        other: "",
        lot: "",
        serial: "",
        number: "",
        link: "",
    };
}

/// Two-letter symbols of months that are the same in English and French (CFIA, B.01.007), January to
/// December. They are taken only between a year and a day.
pub const MONTH_SYMBOLS: [&str; 12] =
    ["ja", "fe", "mr", "al", "ma", "jn", "jl", "au", "se", "oc", "no", "de"];

/// Days of the week, which may stand between a phrase and its date. Left out are those that are months (`mar`) or
/// too short to be sure of.
pub const WEEKDAYS: &str = "monday, tuesday, wednesday, thursday, friday, saturday, sunday, mon, tue, tues, wed, thu, \
    thur, thurs, fri, sat, sun, montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonnabend, sonntag, \
    mo, di, mi, do, fr, sa, so, lundi, mardi, mercredi, jeudi, vendredi, samedi, dimanche, lun, mer, jeu, ven, \
    sam, dim, lunes, martes, miércoles, jueves, viernes, sábado, domingo, mié, jue, vie, sáb, dom, lunedì, martedì, \
    mercoledì, giovedì, venerdì, sabato, domenica, gio, segunda, terça, quarta, quinta, sexta, ter, qua, qui, sex, \
    maandag, dinsdag, woensdag, donderdag, vrijdag, zaterdag, zondag, wo, vr, za, zo, poniedziałek, wtorek, środa, \
    czwartek, piątek, sobota, niedziela, pon, śro, czw, pią, sob, nie, måndag, tisdag, onsdag, torsdag, fredag, \
    lördag, söndag, mån, tis, ons, tor, tors, fre, lör, sön, mandag, tirsdag, lørdag, søndag, man, tir, lør, søn, \
    maanantai, tiistai, keskiviikko, torstai, perjantai, lauantai, sunnuntai, pondělí, úterý, středa, čtvrtek, pátek, \
    neděle, понедельник, вторник, среда, четверг, пятница, суббота, воскресенье";

/// Units and currencies: a number before or after one of them is an amount.
pub const UNITS: &str = "kg, g, mg, lb, lbs, oz, l, ml, cl, dl, m, cm, mm, km, pcs, stk, kcal, kj, cal, %, €, $, £, \
    ¥, eur, usd, gbp, zl, kr, sek, chf, 円, 元, c, f, v, w, kw, hz, days, day, tage, jours, \
    giorni, dias, dni, dagen, dagar, weeks, months, monate, mois, mesi, meses, miesiecy, \
    maanden, manader, years, h, hrs, min, uhr, am, pm, °c, °f, °, fl, ct, x, 克, 毫升, 个, 個, 天, \
    lei, ron, kc, ft, din, rsd, tl, rp, rm, idr, myr, baht, лв, руб, грн, ₽, ₴, ₺, ₫, ₩, ฿, ₪, кг, мг, мл, л, \
    шт, 원, ريال, درهم, جنيه, دينار, غرام, جرام, كجم, مل, קג, גרם, מל";

/// The families of languages, one file each.
const FAMILIES: [&[Language]; 6] = [WEST, NORTH, CENTRAL, EAST, ASIA, RIGHT_TO_LEFT];

const COUNT: usize = {
    let (mut count, mut family) = (0, 0);
    while family < FAMILIES.len() {
        count += FAMILIES[family].len();
        family += 1;
    }
    count
};

static ALL: [Language; COUNT] = {
    let mut all = [Language::BLANK; COUNT];
    let (mut place, mut family) = (0, 0);
    while family < FAMILIES.len() {
        let mut one = 0;
        while one < FAMILIES[family].len() {
            all[place] = FAMILIES[family][one];
            (place, one) = (place + 1, one + 1);
        }
        family += 1;
    }
    all
};

/// Every language.
pub const LANGUAGES: &[Language] = &ALL;
