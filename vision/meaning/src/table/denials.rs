//! Words that give a phrase another sense: they point elsewhere, they deny it, or they turn its direction.
//! One list each over all languages; sources are prints as seen in trade and the official wordings of
//! Regulation (EU) 1169/2011, Annex X ("followed by a reference to where the date is given").

/// "See cap", "date on lid": the date that is meant stands somewhere else.
pub const ELSEWHERE: &str = "see cap, see lid, see base, see bottom, see top, see side, see back, see neck, \
    see rim, see seal, see crimp, see closure, see can, see end of can, see bottom of can, see base of can, \
    see bottle, see pack, see package, see packaging, see packet, see sleeve, see box, see jar, see tube, \
    see front, see front of pack, see back of pack, see reverse, see overleaf, see imprint, see print, \
    see stamp, see embossing, see film, see foil, see label, see top of pack, see side of pack, \
    see base of pack, see neck of bottle, see shoulder of bottle, on cap, on lid, on base, on bottom, \
    on the cap, on the lid, on the base, on the bottom, on top, on the top, on side of pack, on back of pack, \
    on neck, on bottle, on pack, date on cap, date on lid, date on base, date on bottom, date on pack, \
    as stamped, as printed, as printed on, as shown on, printed on, stamped on, marked on, \
    siehe deckel, siehe boden, siehe dosenboden, siehe flaschenhals, siehe etikett, siehe verschluss, \
    siehe aufdruck, siehe pragung, siehe rand, siehe ruckseite, siehe vorderseite, siehe oben, siehe seite, \
    siehe packung, siehe verpackung, siehe folie, siehe kapsel, s deckel, s boden, s aufdruck, s pragung, \
    auf dem deckel, auf dem boden, auf der packung, \
    voir couvercle, voir bouchon, voir fond, voir capsule, voir dessus, voir dessous, voir dos, voir cote, \
    voir emballage, voir etiquette, voir opercule, voir goulot, voir impression, voir marquage, voir sachet, \
    voir boite, voir sur le couvercle, voir sur le bouchon, voir sur le cote, voir sur le dessus, \
    voir sur la capsule, voir sur l'emballage, voir sur emballage, sur le couvercle, sur le bouchon, \
    ver tapa, ver tapon, ver fondo, ver base, ver envase, ver lateral, ver dorso, ver cuello, ver etiqueta, \
    ver precinto, ver impresion, ver parte superior, ver parte inferior, en la tapa, \
    ver tampa, ver fundo, ver rolha, ver embalagem, ver verso, ver gargalo, ver rotulo, ver topo, na tampa, \
    vedi coperchio, vedi tappo, vedi fondo, vedi capsula, vedi confezione, vedi retro, vedi lato, \
    vedi etichetta, vedi collo, vedi bordo, vedi sul coperchio, vedi sul tappo, sul coperchio, sul tappo, \
    zie deksel, zie dop, zie bodem, zie onderkant, zie bovenkant, zie verpakking, zie zijkant, zie hals, \
    zie etiket, zie opdruk, zie achterkant, op deksel, op de deksel, op het deksel, \
    patrz wieczko, patrz dno, patrz nakretka, patrz opakowanie, patrz nadruk, patrz bok, patrz spod, \
    na wieczku, na nakretce, na dnie, na opakowaniu, \
    se locket, se lock, se botten, se kapsyl, se forpackning, se forpackningen, se sidan, se baksidan, \
    se kork, se pa locket, pa locket, \
    se lokk, se bunn, se lag, se laget, se bunden, se emballage, se emballasje, se prent, se datostempling, \
    katso kansi, katso pohja, katso pakkaus, ks kansi, ks pohja, ks pakkaus, kannessa, \
    viz vicko, viz dno, viz obal, viz uzaver, na vicku, na dne, pozri veko, pozri dno, pozri obal, \
    lasd a fedelen, lasd az aljan, lasd a kupakon, lasd a csomagolason, a fedelen, \
    vezi capac, vezi capacul, vezi fundul, vezi ambalaj, vezi ambalajul, pe capac, \
    см. на крышке, см. крышку, см. на дне, см. на упаковке, см. упаковку, см. на торце, указано на крышке, \
    указана на крышке, на крышке, на упаковке, див. на кришці, див. на упаковці, на кришці, \
    виж капачката, виж опаковката, виж дъното, виж на капачката, \
    kapakta, kapaga bakiniz, bkz. kapak, ambalaj uzerinde, sisenin uzerinde, \
    δειτε καπακι, βλεπε καπακι, στο καπακι, βλεπε συσκευασια, στη συσκευασια, \
    见瓶盖, 见瓶身, 见瓶底, 见罐底, 见盖, 见包装, 见封口, 见喷码, 见盒盖, 見瓶蓋, 見罐底, 見包裝, 标示于包装, \
    缶底に記載, 缶底に表示, キャップに記載, キャップに表示, 蓋に記載, 容器底に記載, 別途記載, \
    賞味期限にかかわらず, 賞味期限に関わらず, 賞味期限に関係なく, 消費期限にかかわらず, \
    消費期限に関わらず, 期限にかかわらず";

/// What denies the phrase directly after it: "do not use before" is no last day.
pub const NEGATIONS: &str = "do not, don't, dont, not to be, must not be, should not be, never, not, \
    ne pas, ne, nicht, nie, niemals, no, non, nao, niet, nooit, ikke, inte, ej, ei, ala, ne smi, nepouzivat, \
    nu, hayir, не, μην, μη, 不要, 请勿, 請勿";

/// Phrases that say "not after": the day after them is the last one, as after "use by".
pub const NOT_AFTER: &str = "not after, do not use after, do not consume after, do not eat after, \
    do not drink after, do not sell or use after, not to be used after, not for use after, discard after, \
    use no later than, no later than, \
    nicht nach, nicht verwenden nach, nicht mehr verwenden nach, nicht mehr verwenden nach dem, \
    nicht verzehren nach, nicht mehr verzehren nach, nicht anwenden nach, \
    ne pas utiliser apres, ne pas utiliser apres le, ne pas consommer apres, ne pas consommer apres le, \
    ne plus utiliser apres, ne plus utiliser apres le, ne plus consommer apres, jeter apres, \
    no usar despues de, no usar despues del, no utilizar despues de, no utilizar despues del, \
    no consumir despues de, no consumir despues del, desechar despues de, \
    non usare dopo, non usare dopo il, non utilizzare dopo, non utilizzare dopo il, non consumare dopo, \
    non consumare dopo il, nao usar apos, nao usar depois de, nao utilizar apos, nao consumir apos, \
    nao consumir depois de, niet gebruiken na, niet meer gebruiken na, niet consumeren na, \
    nie uzywac po, nie stosowac po, nie spozywac po, far ej anvandas efter, anvand inte efter, \
    anvand ej efter, ma ikke brukes etter, ma ikke anvendes efter, brug ikke efter, bruk ikke etter, \
    ala kayta jalkeen, nepouzivat po, nepouzivajte po, nepouzivejte po, ne hasznalja fel, \
    a nu se folosi dupa, nu folositi dupa, не использовать после, не употреблять после, \
    не применять после, не використовувати після, не вживати після, да не се използва след, \
    sonra kullanmayiniz, μην χρησιμοποιειτε μετα, 请勿在此日期后使用";

/// Phrases that say "not before": the day after them is neither the last nor that of making.
pub const NOT_BEFORE: &str = "not before, do not use before, do not consume before, do not eat before, \
    do not drink before, do not open before, do not sell before, use after, best after, ready after, \
    ready to eat from, ripe from, drink from, open from, valid from, use from, \
    nicht vor, nicht vor dem, nicht verwenden vor, nicht verwenden vor dem, nicht verzehren vor, \
    nicht verzehren vor dem, gultig ab, verwendbar ab, genussreif ab, \
    ne pas consommer avant, ne pas consommer avant le, ne pas utiliser avant, ne pas utiliser avant le, \
    ne pas ouvrir avant, ne pas ouvrir avant le, pas avant, pas avant le, a consommer apres, \
    a consommer apres le, a partir du, valable a partir du, \
    no usar antes de, no usar antes del, no utilizar antes de, no utilizar antes del, no consumir antes de, \
    no consumir antes del, no abrir antes de, no antes de, \
    non usare prima del, non utilizzare prima del, non consumare prima del, non aprire prima del, \
    nao usar antes de, nao utilizar antes de, nao consumir antes de, niet gebruiken voor, \
    niet consumeren voor, niet voor, nie uzywac przed, nie spozywac przed, anvand inte fore, \
    far ej anvandas fore, ma ikke brukes for, ma ikke anvendes for, \
    не использовать до, не употреблять до, не раньше";

/// Words for expiry that are ordinary words in other languages: French "périmé le". They count where nothing
/// else stands around them and their date.
pub const ORDINARY: &str = "per, d per";

/// Words that say "from" directly before a date, and are parts of other words and lots elsewhere.
pub const FROM: &str = "from, from the, ab, ab dem, dal, desde, desde el, des le, vanaf, od, fran, fran och med, \
    fra, fra og med, alkaen, с";

/// "See", as a word of its own and folded: a word after it says where the date stands.
pub const SEE: &str = "see, siehe, s, voir, ver, vedi, zie, patrz, se, katso, ks, viz, pozri, lasd, vezi, glej, vidi, \
    bkz, см, див, виж, βλ, βλεπε, δειτε";

/// "Below", folded: the date that is meant stands just there, after all.
pub const BELOW: &str = "below, underneath, here, under, unten, unterhalb, hier, dessous, abajo, debajo, aqui, sotto, qui, \
    abaixo, onder, onderstaand, hieronder, hier, ponizej, tu, nedan, nedenfor, under, alla, nize, nizsie, alabb, jos, \
    spodaj, ispod, dolje, asagida, ниже, нижче, долу, κατω, κατωτερω";

/// Spans of time: "best before 12 months" names no day.
pub const SPANS: &str = "hours, day, days, week, weeks, month, months, year, years, tag, tage, tagen, woche, wochen, \
    monat, monate, monaten, jahr, jahre, jahren, jour, jours, semaine, semaines, mois, an, ans, giorno, giorni, \
    settimana, settimane, mese, mesi, anno, anni, dia, dias, semana, semanas, mes, meses, año, años, ano, anos, dag, \
    dagen, week, weken, maand, maanden, jaar, dzień, dni, tydzień, tygodnie, tygodni, miesiąc, miesiące, miesięcy, rok, \
    lata, lat, dagar, vecka, veckor, månad, månader, år, dage, dager, uge, uger, uke, uker, måned, måneder, päivä, \
    päivää, viikko, viikkoa, kuukausi, kuukautta, vuosi, vuotta, den, dní, týden, týdny, týdnů, měsíc, měsíce, měsíců, \
    rok, roky, let, deň, mesiac, mesiace, mesiacov, rokov, nap, hét, hónap, hónapig, év, zi, zile, săptămâni, lună, \
    luni, ani, дня, дней, суток, недель, месяц, месяца, месяцев, год, года, лет, дні, днів, діб, місяць, місяці, місяців, \
    рік, роки, років, дни, месеца, години, ημέρες, εβδομάδες, μήνες, έτη, gün, hafta, ay, yıl, ngày, tháng, năm, hari, \
    minggu, bulan, tahun, วัน, เดือน, ปี, 个月, 個月, 天, ヶ月, か月, カ月, ケ月, 箇月, 日間, 年間, 개월, 일간, يوم, أيام, شهر, \
    شهرا, أشهر, سنة, سنوات, ימים, חודשים, שנים";
