//! The words, one entry per language. How they are compared and what the sources' short names mean stands in
//! the [module above](super).

/// The words of one language: lists with commas between the phrases, which are written as people write
/// them, in lower case.
#[derive(Debug)]
pub struct Language {
    /// ISO 639-1.
    pub code: &'static str,
    /// Where the words come from.
    pub sources: &'static str,
    /// January to December: full names, cases of them, abbreviations.
    pub months: [&'static str; 12],
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

/// Two-letter symbols of months that are the same in English and French (CFIA, B.01.007), January to
/// December. They are taken only between a year and a day.
pub const MONTH_SYMBOLS: [&str; 12] =
    ["ja", "fe", "mr", "al", "ma", "jn", "jl", "au", "se", "oc", "no", "de"];

/// Units and currencies: a number before or after one of them is an amount.
pub const UNITS: &str = "kg, g, mg, lb, lbs, oz, l, ml, cl, dl, m, cm, mm, km, pcs, stk, kcal, kj, cal, %, €, $, £, \
    ¥, eur, usd, gbp, zl, kr, sek, chf, 円, 元, c, f, v, w, kw, hz, days, day, tage, jours, \
    giorni, dias, dni, dagen, dagar, weeks, months, monate, mois, mesi, meses, miesiecy, \
    maanden, manader, years, h, hrs, min, uhr, am, pm, °c, °f, °, fl, ct, x, 克, 毫升, 个, 個, 天";

/// Every language.
pub const LANGUAGES: &[Language] = &[
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
            valid until, not after, bbe, bb, bb/ma, bbd, ubd, exd, expd",
        begun: "use, best",
        manufacture: "mfg, mfg date, mfg dt, mfd, mfd date, manf, manufactured, manufactured on, \
            manufacturing date, manufacture date, date of manufacture, made on, date made, \
            production date, date of production, produced, produced on, prod, prod date, prd, \
            pkd, pkd date, pkd dt, pack date, packed, packed on, packing date, packaged on, \
            packaging date, date packed, frozen on, bottled on, roasted on, baked on",
        other: "sell by, display until, freeze by, freeze before, pull by, opened on, offer ends",
        lot: "lot, l, lot no, lot number, lot code, batch, batch no, batch number, batch code, bn",
        serial: "serial, serial no, serial number, s/n, sn, ser no",
        number: "tel, phone, telephone, fax, call, hotline, art, art no, item no, item, model, ref, \
            version, ver, v, rev, revision, no, patent, pat, code, sku, po box, iso, en, din, \
            gtin, ean, upc, ip",
        link: "on, date, by, end, of, the, before, see",
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
            gültig bis, gut bis, am besten vor, zu verwenden bis",
        begun: "mindestens haltbar, zu verbrauchen, haltbar, verwendbar, verw",
        manufacture: "hergestellt, hergestellt am, herstellungsdatum, herstelldatum, herst, herst dat, \
            produziert am, produktionsdatum, prod dat, verpackt am, abgepackt am, packdatum, \
            abgefüllt am, eingefroren am, gefroren am, gebacken am, geröstet am",
        other: "verkaufen bis, zu verkaufen bis, gelegt am, legedatum, geöffnet am",
        lot: "los, los nr, charge, chargen nr, charge nr, ch b, ch bez, chargenbezeichnung, ch nr, \
            partie",
        serial: "seriennummer, serien nr, ser nr, fabriknummer",
        number: "telefon, art nr, artikel nr, bestell nr, best nr, nr, pzn, modell, plz",
        link: "am, den, ende, bis, datum, siehe, tag",
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
            valable jusqu'au",
        begun: "à consommer de préférence, à consommer, de préférence",
        manufacture: "fabriqué le, fabriqué, date de fabrication, fab, fab le, produit le, \
            date de production, conditionné le, date de conditionnement, emballé le, \
            date d'emballage, congelé le, surgelé le, torréfié le, embouteillé le",
        other: "date limite de vente, à vendre avant, pondu le, date de ponte",
        lot: "n° de lot, no de lot, numéro de lot, lot n°, charge",
        serial: "n° de série, no de série, numéro de série, n° série",
        number: "téléphone, tél, référence, réf, n°, num, modèle",
        link: "le, fin, du, date, au, voir, mois",
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
            fecha de consumo preferente, fecha de expiración, válido hasta, f venc, f cad",
        begun: "consumir, consumir preferente",
        manufacture: "elaborado, elaborado el, elab, fecha de elaboración, fabricado, fabricado el, fab, \
            fecha de fabricación, fecha de producción, producido el, envasado, envasado el, \
            fecha de envasado, congelado el, fecha de congelación, embotellado el, f elab, f fab",
        other: "vender antes de, fecha de puesta",
        lot: "lote, lote n°, partida",
        serial: "n° de serie, número de serie, no de serie",
        number: "teléfono, tfno, referencia, modelo, reg",
        link: "el, de, del, fin, fecha, antes, ver",
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
            da consumare entro, consumarsi entro, preferibilmente entro, scad, scadenza, \
            data di scadenza, scade il, entro il, tmc, termine minimo di conservazione, \
            valido fino al",
        begun: "da consumarsi preferibilmente, preferibilmente",
        manufacture: "prodotto, prodotto il, data di produzione, confezionato il, data di confezionamento, \
            conf il, fabbricato il, data di fabbricazione, imbottigliato il, congelato il, \
            surgelato il, tostato il",
        other: "da vendersi entro, deposto il",
        lot: "lotto, lotto n, lotto di produzione, partita",
        serial: "numero di serie, n di serie, matricola",
        number: "telefono, riferimento, rif, modello, cod",
        link: "il, fine, data, al, entro, vedi",
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
        other: "vender até, data de postura",
        lot: "lote, lote n°",
        serial: "número de série, n° de série",
        number: "referência, modelo, registro",
        link: "em, até, de, do, fim, data, ver",
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
            gebruiken voor, tht, tgt, uiterste consumptiedatum, vervaldatum, houdbaarheidsdatum",
        begun: "ten minste houdbaar, tenminste houdbaar, te gebruiken",
        manufacture: "geproduceerd op, productiedatum, verpakt op, verpakkingsdatum, ingevroren op, \
            gemaakt op, afgevuld op, gebrand op",
        other: "verkopen tot, te verkopen voor",
        lot: "partij, partijnummer, lotnummer, charge",
        serial: "serienummer, serienr",
        number: "telefoon, artikelnr, bestelnr",
        link: "op, tot, einde, en met, zie, datum",
    },
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
            data ważności, ważne do, data przydatności, zużyć do",
        begun: "najlepiej spożyć, należy spożyć, termin",
        manufacture: "wyprodukowano, wyprodukowano dnia, data produkcji, data wyprodukowania, zapakowano, \
            data pakowania, zamrożono dnia, data zamrożenia, rozlano dnia, prod dnia",
        other: "sprzedać do",
        lot: "partia, nr partii, numer partii, seria",
        serial: "numer seryjny, nr seryjny, nr fabryczny",
        number: "telefon, numer, nr kat",
        link: "dnia, data, końcem, do, przed, patrz, koniec",
    },
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
        other: "sista försäljningsdag, värpdag",
        lot: "parti, partinr, batchnr, sats",
        serial: "serienummer, serienr",
        number: "telefon, artikelnr, art nr",
        link: "den, dag, datum, utgången av, se",
    },
    Language {
        code: "ja",
        sources: "JP, trade; months are written 5月",
        months: [""; 12],
        expiry: "賞味期限, 消費期限, 使用期限, 有効期限, 品質保持期限, 期限, 賞味, 消費",
        begun: "",
        manufacture: "製造年月日, 製造日, 製造, 加工年月日, 加工日, 包装年月日, 包装日, 製造年月, \
            採取日, 充填日, 凍結年月日",
        other: "販売期限, 産卵日, 採卵日",
        lot: "ロット, ロット番号, ロットNo, 製造番号, 製造ロット, 製造記号",
        serial: "シリアル, シリアル番号, 機番",
        number: "電話, 品番, 型番, 郵便番号",
        link: "年月日, 日, 年月, は, まで",
    },
    Language {
        code: "zh",
        sources: "GB (simplified), Food Safety Act of Taiwan and Cap. 132W of Hong Kong (traditional), trade",
        months: [""; 12],
        expiry: "有效期至, 有效期到, 有效期限, 有效日期, 有效期, 保质期至, 保质期到, \
            保质期到期日, 保质期, 到期日, 失效日期, 失效期, 此日期前最佳, 此日期前食用, \
            最佳食用日期, 限用日期, 使用期限至, 保存期限, 保鲜期至, 限期使用日期",
        begun: "",
        manufacture: "生产日期, 生產日期, 制造日期, 製造日期, 包装日期, 包裝日期, 出厂日期, 生产, \
            灌装日期, 分装日期, 加工日期",
        other: "销售截止日期, 上市日期",
        lot: "批号, 批號, 批次, 生产批号, 产品批号, 批次号, 生產批號",
        serial: "序列号, 序號, 出厂编号, 机身号",
        number: "电话, 電話, 编号, 型号, 货号, 许可证, 条码, 热线",
        link: "日期, 至, 日, 见",
    },
];
