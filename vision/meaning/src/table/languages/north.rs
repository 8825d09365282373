//! Nordic languages.

use super::Language;

/// These languages.
pub const NORTH: &[Language] = &[
    Language {
        code: "sv",
        sources: "1169, 91, CLDR, trade",
        months: [
            "januari, jan",
            "februari, feb, febr",
            "mars, mar",
            "april, apr",
            "maj",
            "juni, jun",
            "juli, jul",
            "augusti, aug",
            "september, sep, sept",
            "oktober, okt",
            "november, nov",
            "december, dec",
        ],
        expiry: "bäst före, bäst före utgången av, bäst före dag, sista förbrukningsdag, \
            sista förbr dag, sista förbrukningsdatum, utgångsdatum, utg dat, utg datum, \
            hållbar till, förbrukas före, bf",
        begun: "bäst, sista",
        manufacture: "tillverkad, tillverkad den, tillverkningsdag, tillverkningsdatum, tillv dat, \
            förpackad, förpackad den, förpackningsdag, förp dag, förpackningsdatum, packdag, \
            packad den, producerad den, fryst den, infryst den, infrysningsdatum, nedfryst",
        other: "sista försäljningsdag, värpdag, tävling t o m, tävlingen avslutas, \
            erbjudandet gäller till, erbjudandet gäller t o m, kupongen gäller t o m",
        lot: "parti, partinr, batchnr, sats",
        serial: "serienummer, serienr",
        number: "telefon, artikelnr, art nr",
        link: "den, dag, datum, utgången av, se",
        ..Language::BLANK
    },
    Language {
        code: "da",
        sources: "1169, 91, CLDR, trade",
        months: [
            "januar, jan",
            "februar, feb, febr",
            "marts, mar",
            "april, apr",
            "maj",
            "juni, jun",
            "juli, jul",
            "august, aug",
            "september, sep, sept",
            "oktober, okt",
            "november, nov",
            "december, dec",
        ],
        expiry: "sidste anv dato, sidste anv dag, bedst inden, bedst inden udgangen af, \
            mindst holdbar til, mindst holdbar til og med, mindst holdbar til udgangen af, \
            mindst holdbar, bedst før, bedst før dato, bedst foer, bedst før udgangen af, \
            sidste anvendelsesdato, sidste anvendelsesdag, anvendes senest, anvendes inden, \
            anvendes før, skal anvendes senest, holdbar til, holdbar til og med, \
            holdbarhedsdato, udløbsdato, udløber, udløb, sidste holdbarhedsdato",
        begun: "mindst, bedst, sidste",
        manufacture: "produktionsdato, produceret, produceret den, prod dato, fremstillet, \
            fremstillet den, fremstillingsdato, pakket, pakket den, pakkedato, pakkedag, \
            emballeringsdato, aftappet den, frosset den, nedfrosset, nedfrosset den, \
            nedfrysningsdato, indfrosset den, bagt den, ristet den",
        other: "sidste salgsdato, sidste salgsdag, sælges senest, lægge dato, læggedato",
        lot: "parti, partinr, partinummer, lotnr, lotnummer, batchnr, batchnummer, batchkode, chargenr, \
            chargenummer",
        serial: "serienr, serienummer",
        number: "telefon, tlf, varenr, varenummer, ordrenr, artikelnr",
        link: "den, dato, dag, til, og med, senest, udgangen af, se",
        ..Language::BLANK
    },
    Language {
        code: "no",
        sources: "1169 (by the agreement on the EEA), 91, CLDR (bokmål and nynorsk), trade",
        months: [
            "januar, jan",
            "februar, feb, febr",
            "mars, mar",
            "april, apr",
            "mai",
            "juni, jun",
            "juli, jul",
            "august, aug",
            "september, sep, sept",
            "oktober, okt",
            "november, nov",
            "desember, des",
        ],
        expiry: "holdbarhet, \
            best før, best før dato, best foer, best før utgangen av, best fyr, \
            siste forbruksdag, siste forbruksdato, siste forbr dag, sist forbruksdag, \
            holdbar til, holdbar til og med, holdbarhetsdato, utløpsdato, utløper, utløp, \
            brukes innen, brukes før, bør brukes innen, forbrukes innen, siste holdbarhetsdag",
        begun: "siste",
        manufacture: "tappedato, \
            produksjonsdato, prod dato, produsert, produsert den, tilvirket, tilvirket den, \
            fremstilt, framstilt, pakket, pakket den, pakkedag, pakkedato, pakkingsdato, \
            tappet den, frosset, frosset ned, innfrosset, innfrosset den, innfrysingsdato, \
            nedfryst, fryst den, bakt den, brent den",
        other: "siste salgsdag, siste salgsdato, selges innen, verpedato",
        lot: "parti, partinr, partinummer, lotnr, lotnummer, batchnr, batchnummer, batchkode, chargenr, \
            chargenummer",
        serial: "serienr, serienummer",
        number: "telefon, tlf, varenr, varenummer, artikkelnr",
        link: "den, dato, dag, til, og med, innen, utgangen av, se",
        ..Language::BLANK
    },
    Language {
        code: "fi",
        sources: "1169, 91, CLDR (with the genitive and the partitive), trade",
        months: [
            "tammikuu, tammikuun, tammikuuta",
            "helmikuu, helmikuun, helmikuuta",
            "maaliskuu, maaliskuun, maaliskuuta",
            "huhtikuu, huhtikuun, huhtikuuta",
            "toukokuu, toukokuun, toukokuuta",
            "kesäkuu, kesäkuun, kesäkuuta",
            "heinäkuu, heinäkuun, heinäkuuta",
            "elokuu, elokuun, elokuuta",
            "syyskuu, syyskuun, syyskuuta",
            "lokakuu, lokakuun, lokakuuta",
            "marraskuu, marraskuun, marraskuuta",
            "joulukuu, joulukuun, joulukuuta",
        ],
        doubtful: &[
            (1, "tammi"),
            (2, "helmi"),
            (3, "maalis"),
            (4, "huhti"),
            (5, "touko"),
            (6, "kesä"),
            (7, "heinä"),
            (8, "elo"),
            (9, "syys"),
            (10, "loka"),
            (11, "marras"),
            (12, "joulu"),
        ],
        expiry: "parasta enn, käyt viim, \
            parasta ennen, parasta ennen päivä, parasta ennen pvm, viimeinen käyttöpäivä, \
            viimeinen käyttöajankohta, viim käyttöpäivä, viim käyttöpvm, viimeinen käyttöpvm, \
            käytettävä ennen, käytettävä viimeistään, käytä ennen, \
            viimeinen voimassaolopäivä, voimassa asti, säilyy asti",
        begun: "parasta, viimeinen",
        manufacture: "valmistuspäivä, valmistuspäivämäärä, valmistuspvm, valm pvm, valmistettu, \
            valmistusaika, pakkauspäivä, pakkauspäivämäärä, pakkauspvm, pakattu, pakastettu, \
            pakastuspäivä, pakastamispäivä, jäädytetty, pullotettu, paahdettu, paahtopäivä",
        other: "viimeinen myyntipäivä, muninta pvm, munintapäivä",
        lot: "eränumero, eränro, erätunnus, erä nro, eräkoodi, erän numero, erän tunnus, valmistuserä, \
            valmistuserän numero, valmistuserän tunnus",
        serial: "sarjanumero, sarjanro",
        number: "puhelin, puh, tuotenro, tuotenumero, tilausnro",
        link: "päivä, pvm, päivämäärä, loppua, katso, ks",
    },
];
