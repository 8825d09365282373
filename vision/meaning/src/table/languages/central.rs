//! Languages of central Europe in Latin letters.

use super::Language;

/// These languages.
pub const CENTRAL: &[Language] = &[
    Language {
        code: "pl",
        sources: "1169, 91, CLDR (nominative and genitive), trade",
        months: [
            "stycznia, styczeń, sty",
            "lutego, luty, lut",
            "marca, marzec, mar",
            "kwietnia, kwiecień, kwi",
            "maja, maj",
            "czerwca, czerwiec, cze",
            "lipca, lipiec, lip",
            "sierpnia, sierpień, sie",
            "września, wrzesień, wrz",
            "października, październik, paź",
            "listopada, listopad, lis",
            "grudnia, grudzień, gru",
        ],
        expiry: "najlepiej spożyć przed, najlepiej spożyć przed końcem, należy spożyć do, spożyć do, \
            spożyć przed, termin ważności, termin przydatności, termin przydatności do spożycia, \
            data ważności, ważne do, data przydatności, zużyć do, \
            data minimalnej trwałości",
        begun: "najlepiej spożyć, należy spożyć, termin",
        manufacture: "wyprodukowano, wyprodukowano dnia, data produkcji, data wyprodukowania, zapakowano, \
            data pakowania, zamrożono dnia, data zamrożenia, rozlano dnia, prod dnia",
        other: "sprzedać do, kupon ważny do, konkurs do, konkurs ważny do, konkurs trwa do, \
            promocja do, promocja ważna do, oferta ważna do",
        lot: "partia, nr partii, numer partii, seria",
        serial: "numer seryjny, nr seryjny, nr fabryczny",
        number: "telefon, numer, nr kat",
        link: "dnia, data, końcem, do, przed, patrz, koniec",
        ..Language::BLANK
    },
    Language {
        code: "cs",
        sources: "1169, 91, CLDR (nominative, genitive and locative), trade",
        months: [
            "leden, ledna, lednu",
            "únor, února, únoru",
            "březen, března, březnu",
            "duben, dubna, dubnu",
            "květen, května, květnu",
            "červen, června, červnu",
            "červenec, července, červenci",
            "srpen, srpna, srpnu",
            "září",
            "říjen, října, říjnu",
            "listopad, listopadu",
            "prosinec, prosince, prosinci",
        ],
        doubtful: &[
            (1, "led"),
            (2, "úno"),
            (3, "bře"),
            (4, "dub"),
            (5, "kvě"),
            (6, "čvn, čer"),
            (7, "čvc"),
            (8, "srp"),
            (9, "zář"),
            (10, "říj"),
            (11, "lis"),
            (12, "pro"),
        ],
        expiry: "spotř do, min trvanlivost do konce, spotřebujte nejpozději do, \
            minimální trvanlivost do, minimální trvanlivost do konce, minimální trvanlivost, \
            min trvanlivost do, min trv do, trvanlivost do, datum minimální trvanlivosti, \
            dmt, datum trvanlivosti, spotřebujte do, spotřebovat do, spotřeba do, \
            datum spotřeby, datum použitelnosti, použitelné do, použitelnost do, použít do, \
            doba použitelnosti do, exspirace, datum exspirace, platnost do",
        begun: "minimální, spotřebujte",
        manufacture: "vyr, \
            datum výroby, vyrobeno, vyrobeno dne, výroba, dat výr, baleno, baleno dne, \
            datum balení, zabaleno, zabaleno dne, zmrazeno, zmrazeno dne, datum zmrazení, \
            zmraženo dne, stočeno dne, praženo dne, plněno dne",
        other: "prodejte do, datum snášky, sneseno",
        lot: "šarže, číslo šarže, č šarže, šarže č, výrobní dávka, číslo výrobní dávky, č výrobní dávky, \
            výrobní šarže",
        serial: "výrobní číslo, výr č, sériové číslo, sér č",
        number: "telefon, číslo, obj č, kat č, č výrobku",
        link: "dne, do, konce, data, datum, den, viz",
    },
    Language {
        code: "sk",
        sources: "1169, 91, CLDR (nominative and genitive), trade",
        months: [
            "január, januára, jan",
            "február, februára, feb",
            "marec, marca, mar",
            "apríl, apríla, apr",
            "máj, mája",
            "jún, júna",
            "júl, júla",
            "august, augusta, aug",
            "september, septembra, sep",
            "október, októbra, okt",
            "november, novembra, nov",
            "december, decembra, dec",
        ],
        expiry: "spotrebujte najneskôr, spotrebujte najneskôr do, min trvanlivosť do konca, \
            minimálna trvanlivosť do, minimálna trvanlivosť do konca, minimálna trvanlivosť, \
            min trvanlivosť do, min trv do, trvanlivosť do, dátum minimálnej trvanlivosti, \
            dmt, spotrebujte do, spotrebovať do, najlepšie spotrebovať do, spotreba do, \
            dátum spotreby, použiteľné do, použiť do, exspirácia, dátum exspirácie, \
            platnosť do",
        begun: "minimálna, spotrebujte",
        manufacture: "dátum výroby, vyrobené, vyrobené dňa, výroba, balené, balené dňa, dátum balenia, \
            zabalené, zabalené dňa, zmrazené, zmrazené dňa, dátum zmrazenia, plnené dňa, \
            pražené dňa",
        other: "predajte do, dátum znášky",
        lot: "šarža, číslo šarže, č šarže, výrobná dávka, výrobná šarža, číslo výrobnej dávky, \
            č výrobnej dávky, číslo výrobnej šarže",
        serial: "výrobné číslo, sériové číslo",
        number: "telefón, číslo, obj č, kat č",
        link: "dňa, do, konca, dátum, deň, pozri",
        ..Language::BLANK
    },
    Language {
        code: "hu",
        sources: "1169, 91, CLDR, trade",
        months: [
            "január, jan",
            "február, feb, febr",
            "március, márc, mar",
            "április, ápr",
            "május, máj",
            "június, jún",
            "július, júl",
            "augusztus, aug",
            "szeptember, szept, szep",
            "október, okt",
            "november, nov",
            "december, dec",
        ],
        expiry: "fogy, szav, \
            minőségét megőrzi, minőségét megőrzi a jelzett ideig, min megőrzi, \
            minőségét megőrzi az alábbi időpontig, fogyasztható, fogyaszthatósági idő, \
            fogyaszthatósági határidő, felhasználható, felh, szavatosság, szavatossági idő, \
            szavatossági ideje, lejárat, lejárati idő, lejárat ideje, lejárat dátuma, \
            lejárati dátum, lejár, eltartható, fogyasztható az alábbi időpontig",
        begun: "minőségét",
        manufacture: "gy, gyárt, \
            gyártás ideje, gyártási idő, gyártás dátuma, gyártás időpontja, gyártási dátum, \
            gyártás, gyártva, gy i, előállítás ideje, előállítva, csomagolás ideje, \
            csomagolás dátuma, csomagolva, csomagolás időpontja, lefagyasztva, fagyasztva, \
            lefagyasztás dátuma, fagyasztás ideje, palackozva, pörkölve, készült",
        other: "tojás dátuma",
        lot: "tételszám, tétel, tételazonosító, tétel azonosító, sarzs, sarzsszám, \
            gyártási szám, gy sz, gyártási tétel, gyártási tételszám, tételjel, tétel sz",
        serial: "sorozatszám, gyári szám",
        number: "telefon, cikkszám, rendelési szám, szám",
        link: "nap, dátum, ideje, időpontja, vége, végéig, lásd",
        ..Language::BLANK
    },
    Language {
        code: "sl",
        sources: "1169, 91, CLDR (nominative and genitive), trade",
        months: [
            "januar, januarja, januarjem, jan",
            "februar, februarja, feb",
            "marec, marca, mar",
            "april, aprila, apr",
            "maj, maja",
            "junij, junija, jun",
            "julij, julija, jul",
            "avgust, avgusta, avg",
            "september, septembra, sep",
            "oktober, oktobra, okt",
            "november, novembra, nov",
            "december, decembra, dec",
        ],
        expiry: "uporabno najmanj do, uporabno najmanj do konca, uporabno do, uporabno do konca, \
            porabiti do, porabite do, uporabiti do, uporabite do, rok uporabe, \
            rok uporabnosti, rok trajanja, rok trajanja do, datum uporabe",
        begun: "uporabno, uporabno najmanj, porabiti",
        manufacture: "datum proizvodnje, proizvedeno, proizvedeno dne, datum izdelave, izdelano, \
            izdelano dne, pakirano, pakirano dne, datum pakiranja, zamrznjeno, \
            zamrznjeno dne, datum zamrzovanja, polnjeno, praženo dne",
        other: "prodati do, datum nesnosti",
        lot: "serija, št serije, številka serije, lot št, šarža",
        serial: "serijska številka, serijska št",
        number: "telefon, številka, kat št",
        link: "dne, do, konca, datum, dan, glej",
        ..Language::BLANK
    },
    Language {
        code: "hr",
        sources: "1169, 91, CLDR (nominative and genitive), trade; with the Latin spelling of Bosnian and Serbian",
        months: [
            "siječanj, siječnja, sij, januar, januara, jan",
            "veljača, veljače, velj, februar, februara, feb",
            "ožujak, ožujka, ožu, marta",
            "travanj, travnja, april, aprila, apr",
            "svibanj, svibnja, maj, maja",
            "lipanj, lipnja, jun, juna, juni",
            "srpanj, srpnja, jul, jula, juli",
            "kolovoz, kolovoza, avgust, avgusta, avg, august, augusta",
            "rujan, rujna, ruj, septembar, septembra, sep",
            "listopad, listopada, oktobar, oktobra, okt",
            "studeni, studenog, studenoga, novembar, novembra, nov",
            "prosinac, prosinca, decembar, decembra, dec",
        ],
        doubtful: &[
            (3, "mart"),
            (4, "tra"),
            (5, "svi"),
            (8, "kol"),
            (6, "lip"),
            (7, "srp"),
            (10, "lis"),
            (11, "stu"),
            (12, "pro"),
        ],
        expiry: "upotrijebiti najkasnije do, upotrebiti najkasnije do, \
            najbolje upotrijebiti do, najbolje upotrijebiti do kraja, najbolje upotrebiti do, \
            najbolje upotrebiti do kraja, upotrijebiti do, upotrebiti do, upotrebljivo do, \
            najbolje do, najbolje potrošiti do, rok trajanja, rok trajanja do, \
            rok valjanosti, rok upotrebe, rok uporabe, rok važenja, valjanost do, vrijedi do, \
            najbolje upotrijebiti prije",
        begun: "najbolje, najbolje upotrijebiti, najbolje upotrebiti, upotrijebiti, upotrebiti",
        manufacture: "proizv, \
            datum proizvodnje, proizvedeno, proizvedeno dana, dat proizvodnje, pakirano, \
            pakirano dana, pakovano, pakovano dana, datum pakiranja, datum pakovanja, \
            zapakirano, upakovano, zamrznuto, zamrznuto dana, datum zamrzavanja, smrznuto, \
            punjeno, prženo dana",
        other: "prodati do, datum nesenja",
        lot: "serija, serija br, broj serije, šarža, šarža br, broj šarže, lot br, \
            serijski broj lota",
        serial: "serijski broj, serijski br, tvornički broj",
        number: "telefon, broj, kat br, kataloški broj, šifra",
        link: "dana, do, kraja, datum, dan, vidi, vidjeti",
    },
    Language {
        code: "ro",
        sources: "1169, 91, CLDR, trade",
        months: [
            "ianuarie, ian",
            "februarie, feb, febr",
            "martie, mar",
            "aprilie, apr",
            "mai",
            "iunie, iun",
            "iulie, iul",
            "august, aug",
            "septembrie, sept, sep",
            "octombrie, oct",
            "noiembrie, noiem, nov",
            "decembrie, dec",
        ],
        expiry: "data durabilității minimale, \
            a se consuma de preferință înainte de, \
            a se consuma de preferință până la sfârșitul, \
            a se consuma de preferință înainte de sfârșitul, de preferință înainte de, \
            a se consuma înainte de, a se consuma până la, a se consuma până la data de, \
            expiră la, expiră, data expirării, data de expirare, dată expirare, \
            valabil până la, termen de valabilitate, data limită de consum, \
            a se utiliza înainte de, a se folosi înainte de",
        begun: "a se consuma, a se consuma de preferință, de preferință",
        manufacture: "fabr, \
            data fabricației, data de fabricație, data fabricării, data fabr, fabricat la, \
            fabricat, data producției, data de producție, produs la, ambalat la, ambalat, \
            data ambalării, data de ambalare, congelat la, data congelării, îmbuteliat la, \
            prăjit la",
        other: "a se vinde până la, data ouatului",
        lot: "lotul, nr lot, număr lot, număr de lot, lot nr, seria, lot fabricație, lot de fabricație, \
            seria de fabricație, serie fabricație, număr lot fabricație, lot producție",
        serial: "număr de serie, nr serie, serie nr",
        number: "telefon, articol, cod",
        link: "la, data, de, dată, sfârșitul, vezi",
        ..Language::BLANK
    },
];
