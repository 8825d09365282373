//! English and the languages of western Europe.

use super::Language;

/// These languages.
pub const WEST: &[Language] = &[
    Language {
        code: "en",
        sources: "1169, CXS 1, FDA, CFIA, CLDR, trade",
        months: [
            "january, jan",
            "february, feb, febr",
            "march, mar, mch",
            "april, apr",
            "may",
            "june, jun",
            "july, jul",
            "august, aug",
            "september, sep, sept",
            "october, oct",
            "november, nov",
            "december, dec",
        ],
        expiry: "best before, best before end, best before date, best by, best if used by, \
            best if used before, best when used by, better if used by, use by, use by date, \
            use before, use or freeze by, consume by, consume before, eat by, enjoy by, expiry, \
            expiry date, exp date, exp dt, exp, expires, expires on, expire, expiration, expiration date, \
            valid until, not after, bbe, bb, bb/ma, bbd, ubd, exd, expd, use/freeze by, \
            best enjoyed by, best enjoyed before, best if enjoyed by, best if enjoyed before, \
            best if consumed by, best if consumed before, best consumed before, best if eaten by, \
            better if enjoyed by, freshest before, freshest by, freshest if used by, \
            fresh until, guaranteed fresh until, guaranteed fresh until printed date, \
            install before, install by",
        begun: "use, best",
        manufacture: "mfg, mfg date, mfg dt, mfd, mfd date, manf, manufactured, manufactured on, \
            manufacturing date, manufacture date, date of manufacture, made on, date made, \
            production date, date of production, produced, produced on, prod, prod date, prd, \
            pkd, pkd date, pkd dt, pack date, packed, packed on, packing date, packaged on, \
            packaging date, date packed, frozen on, bottled on, roasted on, baked on, \
            date frozen, date of freezing, freezing date, date of packing, date of packaging, \
            date of filling, filled on",
        other: "sell by, display until, freeze by, freeze before, pull by, opened on, offer ends, \
            offer valid until, offer expires, offer expires on, promotion ends, \
            promotion valid until, coupon expires, coupon expires on, coupon valid until, \
            offer closes, competition ends, competition closes, contest ends, contest closes, \
            prize draw ends, draw ends, sweepstakes ends, promotion closes, entries close, enter by, \
            closing date, redeem by, \
            voucher expires, voucher valid until, prices valid until, \
            license valid until, licence valid until, warranty valid until, certificate valid until, \
            picked, picked on, harvested, harvested on, harvest date",
        lot: "lot, l, lot no, lot number, lot code, batch, batch no, batch number, batch code, bn",
        serial: "serial, serial no, serial number, s/n, sn, ser no",
        number: "tel, phone, telephone, fax, call, hotline, art, art no, item no, item, model, ref, \
            version, ver, v, rev, revision, build, firmware, no, patent, pat, code, sku, po box, iso, en, din, \
            gtin, ean, upc, ip",
        link: "on, date, by, end, of, the, before, see, and",
        ..Language::BLANK
    },
    Language {
        code: "de",
        sources: "1169, 91, CLDR (with Austrian Jänner), trade",
        months: [
            "januar, jan, jänner",
            "februar, feb, febr, feber",
            "märz, maerz, mär, mrz",
            "april, apr",
            "mai",
            "juni, jun",
            "juli, jul",
            "august, aug",
            "september, sep, sept",
            "oktober, okt",
            "november, nov",
            "dezember, dez",
        ],
        expiry: "mindestens haltbar bis, mindestens haltbar bis ende, mind haltbar bis, haltbar bis, \
            mhd, mindesthaltbarkeitsdatum, zu verbrauchen bis, verbrauchen bis, verbrauchsdatum, \
            verwendbar bis, verw bis, verwenden bis, verfallsdatum, verfalldatum, verfall, \
            gültig bis, gut bis, am besten vor, zu verwenden bis, verbr bis, zu verbr bis, \
            nicht mehr verwenden, nicht mehr verzehren, nicht mehr anwenden",
        begun: "mindestens haltbar, zu verbrauchen, haltbar, verwendbar, verw",
        manufacture: "hergestellt, hergestellt am, herstellungsdatum, herstelldatum, herst, herst dat, \
            produziert am, produktionsdatum, prod dat, verpackt am, abgepackt am, packdatum, \
            abgefüllt am, eingefroren am, gefroren am, gebacken am, geröstet am, abgefüllt, \
            tiefgefroren am, einfrierdatum, abfülldatum, verpackt",
        other: "verkaufen bis, zu verkaufen bis, gelegt am, legedatum, geöffnet am, \
            angebot gültig bis, aktion gültig bis, aktion bis, gutschein gültig bis, \
            gutschein einlösbar bis, preise gültig bis, gewinnspiel bis, gutschein bis, coupon bis, \
            teilnahmeschluss, einsendeschluss, teilnahme bis, aktionsende, einlösbar bis",
        lot: "los, los nr, charge, chargen nr, charge nr, ch b, ch bez, chargenbezeichnung, ch nr, \
            partie",
        serial: "seriennummer, serien nr, ser nr, fabriknummer",
        number: "telefon, art nr, artikel nr, bestell nr, best nr, nr, pzn, modell, plz",
        link: "am, den, ende, bis, datum, siehe, tag, und",
        ..Language::BLANK
    },
    Language {
        code: "fr",
        sources: "1169, 91, CFIA, CLDR, trade",
        months: [
            "janvier, janv, jan",
            "février, févr, fév, fev",
            "mars, mar",
            "avril, avr",
            "mai",
            "juin",
            "juillet, juil",
            "août, aou",
            "septembre, sept, sep",
            "octobre, oct",
            "novembre, nov",
            "décembre, déc",
        ],
        expiry: "à consommer de préférence avant, à consommer de préférence avant le, \
            de préférence avant, à consommer de préférence avant fin, à consommer avant, \
            à consommer avant le, à consommer jusqu'au, consommer avant, dlc, ddm, dluo, \
            date limite de consommation, date de durabilité minimale, date limite, périme le, date de péremption, péremption, \
            date d'expiration, meilleur avant, à utiliser avant, expire le, utiliser avant, \
            valable jusqu'au, ne pas dépasser le, à ne pas dépasser le, utiliser jusqu'au, \
            à utiliser jusqu'au",
        begun: "à consommer de préférence, à consommer, de préférence",
        manufacture: "fabriqué le, fabriqué, date de fabrication, fab, fab le, produit le, \
            date de production, conditionné le, date de conditionnement, emballé le, \
            date d'emballage, congelé le, surgelé le, torréfié le, embouteillé le, date de congélation, \
            mis en bouteille le, emballé, conditionné",
        other: "date limite de vente, à vendre avant, pondu le, date de ponte, \
            offre valable jusqu'au, bon valable jusqu'au, coupon valable jusqu'au, \
            promotion valable jusqu'au, jeu jusqu'au, concours jusqu'au, offre jusqu'au, \
            date limite de participation",
        lot: "n° de lot, no de lot, numéro de lot, lot n°, charge",
        serial: "n° de série, no de série, numéro de série, n° série",
        number: "téléphone, tél, référence, réf, n°, num, modèle",
        link: "le, fin, du, date, au, voir, mois, et",
        ..Language::BLANK
    },
    Language {
        code: "es",
        sources: "1169, 91, CLDR, trade",
        months: [
            "enero, ene",
            "febrero, feb",
            "marzo, mar, mzo",
            "abril, abr",
            "mayo, may",
            "junio, jun",
            "julio, jul",
            "agosto, ago",
            "septiembre, setiembre, sept, sep, set",
            "octubre, oct",
            "noviembre, nov",
            "diciembre, dic",
        ],
        expiry: "consumir preferentemente antes del, consumir preferentemente antes de, \
            consumir preferentemente antes, consumir preferentemente antes del fin de, \
            consumir preferentemente, cons pref, cons pref antes, preferentemente antes de, \
            consumir antes de, consumir antes del, fecha de caducidad, caducidad, caduca, \
            fec cad, cad, fecha de vencimiento, vencimiento, vence, venc, vto, \
            fecha de consumo preferente, fecha de expiración, válido hasta, f venc, f cad, f vto, fec venc, \
            fec vto, f v, c p a, consumir pref antes de, consumir pref antes del, \
            consumir pref antes del fin de, cons pref antes de, cons pref antes del fin de",
        begun: "consumir, consumir preferente",
        manufacture: "elaborado, elaborado el, elab, fecha de elaboración, fabricado, fabricado el, fab, \
            fecha de fabricación, fecha de producción, producido el, envasado, envasado el, \
            fecha de envasado, congelado el, fecha de congelación, embotellado el, embotellado, f elab, f fab, f env, \
            fec elab, fec fab, fec env, env, fabricación, elaboración, fecha de env",
        other: "vender antes de, fecha de puesta, oferta válida hasta, \
            promoción válida hasta, cupón válido hasta, vale válido hasta, concurso hasta, \
            sorteo hasta, promoción hasta, oferta hasta",
        lot: "lote, lote n°, partida",
        serial: "n° de serie, número de serie, no de serie",
        number: "teléfono, tfno, referencia, modelo, reg",
        link: "el, de, del, fin, fecha, antes, ver, y",
        ..Language::BLANK
    },
    Language {
        code: "it",
        sources: "1169, 91, CLDR, trade",
        months: [
            "gennaio, gen, genn",
            "febbraio, feb, febb",
            "marzo, mar",
            "aprile, apr",
            "maggio, mag, magg",
            "giugno, giu",
            "luglio, lug",
            "agosto, ago",
            "settembre, set, sett",
            "ottobre, ott",
            "novembre, nov",
            "dicembre, dic",
        ],
        expiry: "da consumarsi preferibilmente entro il, da consumarsi preferibilmente entro, \
            da consumarsi entro, da consumarsi preferibilmente entro fine, da consumarsi, \
            da consumarsi pref entro, da consumarsi pref entro il, da consumarsi pref entro fine, \
            da consumare entro, consumarsi entro, preferibilmente entro, scad, scadenza, \
            data di scadenza, scade il, entro il, tmc, termine minimo di conservazione, \
            valido fino al, da cons entro, da cons entro il, da cons pref entro, \
            da cons pref entro il",
        begun: "da consumarsi preferibilmente, preferibilmente",
        manufacture: "prodotto, prodotto il, data di produzione, confezionato il, data di confezionamento, \
            conf il, fabbricato il, data di fabbricazione, imbottigliato il, congelato il, \
            surgelato il, tostato il",
        other: "da vendersi entro, deposto il, offerta valida fino al, \
            promozione valida fino al, buono valido fino al, concorso fino al, \
            concorso valido fino al",
        lot: "lotto, lotto n, lotto di produzione, partita",
        serial: "numero di serie, n di serie, matricola",
        number: "telefono, riferimento, rif, modello, cod",
        link: "il, fine, data, al, entro, vedi",
        ..Language::BLANK
    },
    Language {
        code: "pt",
        sources: "1169, 91, CLDR, trade (with Brazil)",
        months: [
            "janeiro, jan",
            "fevereiro, fev",
            "março, mar",
            "abril, abr",
            "maio, mai",
            "junho, jun",
            "julho, jul",
            "agosto, ago",
            "setembro, set",
            "outubro, out",
            "novembro, nov",
            "dezembro, dez",
        ],
        expiry: "consumir de preferência antes de, consumir de preferência antes do fim de, \
            consumir de preferência antes, consumir preferencialmente antes de, consumir até, \
            consumir antes de, validade, data de validade, prazo de validade, válido até, val, \
            data de vencimento, vencimento, caduca em",
        begun: "consumir, consumir de preferência",
        manufacture: "fabricado em, data de fabrico, data de fabricação, fabricação, produzido em, \
            data de produção, embalado em, data de embalagem, congelado em, data de congelação, \
            engarrafado em, acondicionado em",
        other: "vender até, data de postura, oferta válida até, promoção válida até, \
            cupom válido até, promoção até, concurso até, oferta até",
        lot: "lote, lote n°",
        serial: "número de série, n° de série",
        number: "referência, modelo, registro",
        link: "em, até, de, do, fim, data, ver",
        ..Language::BLANK
    },
    Language {
        code: "nl",
        sources: "1169, 91, CLDR, trade",
        months: [
            "januari, jan",
            "februari, feb, febr",
            "maart, mrt, maa",
            "april, apr",
            "mei",
            "juni, jun",
            "juli, jul",
            "augustus, aug",
            "september, sep, sept",
            "oktober, okt",
            "november, nov",
            "december, dec",
        ],
        expiry: "ten minste houdbaar tot, tenminste houdbaar tot, ten minste houdbaar tot einde, \
            minstens houdbaar tot, houdbaar tot, te gebruiken tot, te gebruiken tot en met, \
            gebruiken voor, tht, tgt, uiterste consumptiedatum, vervaldatum, houdbaarheidsdatum, \
            bewaren tot, te bewaren tot, houdbaar t/m, ten minste houdbaar t/m, \
            tenminste houdbaar t/m, te gebruiken t/m",
        begun: "ten minste houdbaar, tenminste houdbaar, te gebruiken",
        manufacture: "geproduceerd op, productiedatum, verpakt op, verpakkingsdatum, ingevroren op, \
            gemaakt op, afgevuld op, gebrand op",
        other: "verkopen tot, te verkopen voor, aanbieding geldig tot, \
            actie geldig tot, actie geldig t/m, actie t/m, actie tot, winactie t/m, \
            aanbieding t/m",
        lot: "partij, partijnummer, lotnummer, charge",
        serial: "serienummer, serienr",
        number: "telefoon, artikelnr, bestelnr",
        link: "op, tot, einde, en met, zie, datum",
        ..Language::BLANK
    },
];
