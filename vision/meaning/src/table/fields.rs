//! The words that say what comes after them: a size, a colour, a count, the net quantity, or an amount that
//! is none of these. One entry per language; of the later languages only the net quantity is known. How they are
//! compared stands in the [module above](super).
//!
//! Sources: net quantity from Regulation (EU) 1169/2011, articles 9 and 23 with the wording of labels in
//! that language, 21 CFR 101.7 (net contents), GB 7718 (净含量, 规格), the Food Labelling Standards of Japan
//! (内容量); nutrition words from Annex XV of the same regulation, 21 CFR 101.9 and GB 28050; size, colour and
//! quantity from the trade.

/// The words of one language: lists with commas between, written as people write them, in lower case.
#[derive(Debug)]
pub struct FieldWords {
    /// ISO 639-1.
    pub code: &'static str,
    /// The size of clothing or shoes follows.
    pub size: &'static str,
    /// A colour follows.
    pub colour: &'static str,
    /// The number of pieces follows.
    pub count: &'static str,
    /// The quantity in the pack follows.
    pub net: &'static str,
    /// An amount right before or after them is not the quantity in the pack: nutrition, servings, drained
    /// weight, what a dose makes.
    pub not_net: &'static str,
}

impl FieldWords {
    /// A language of which only the words for the net quantity are known, and those for what is not net.
    const fn net(code: &'static str, net: &'static str, not_net: &'static str) -> Self {
        Self { code, size: "", colour: "", count: "", net, not_net }
    }
}

/// Every language.
pub const FIELDS: &[FieldWords] = &[
    FieldWords {
        code: "en",
        size: "size, sizes, sz, shoe size, clothing size, label size",
        colour: "colour, color, colours, colors, col, clr, colourway, colorway, shade",
        count: "qty, quantity, number of pieces, pieces per pack, pack size, pack qty, units per pack, \
            count",
        net: "net, net wt, net weight, net content, net contents, net quantity, net qty, net vol, \
            net volume, contents, content, volume",
        not_net: "per, each, serving, serving size, servings, portion, dose, drained, drained weight, \
            drained wt, gross, gross weight, gross wt, tare, fat, saturates, saturated fat, total fat, \
            carbohydrate, carbohydrates, carbs, sugars, sugar, total sugars, added sugars, of which, \
            of which sugars, of which saturates, fibre, fiber, dietary fiber, protein, salt, sodium, \
            caffeine, cholesterol, alcohol, cocoa, fruit, juice content, makes, yields, up to, contains, \
            contain, provides, add, capacity, max, maximum, min, minimum, water, milk, height, diameter, \
            free, extra, bonus, save, more, less, value, typical values, nutrition",
    },
    FieldWords {
        code: "de",
        size: "größe, groesse, größen, gr, grösse, schuhgröße, konfektionsgröße, kleidergröße",
        colour: "farbe, farben, farbton, farbnr",
        count: "menge, anzahl, stückzahl, packungsinhalt, packungsgröße, verpackungseinheit, vpe",
        net: "inhalt, nettofüllmenge, füllmenge, nettogewicht, nettoinhalt, netto, einwaage, \
            nennfüllmenge",
        not_net: "pro, je, abtropfgewicht, brutto, bruttogewicht, portion, portionsgröße, fett, \
            gesättigte fettsäuren, kohlenhydrate, zucker, davon zucker, davon, ballaststoffe, eiweiß, \
            eiweiss, salz, natrium, ergibt, bis zu, enthält, enthalten, koffein, alkohol, milch, wasser, \
            füllvermögen, fassungsvermögen, gratis, mehr inhalt, durchschnittlich, nährwerte, kakao, \
            fruchtgehalt",
    },
    FieldWords {
        code: "fr",
        size: "taille, tailles, pointure, t",
        colour: "couleur, couleurs, coloris, teinte, coul",
        count: "quantité, qté, nombre, nombre de pièces",
        net: "poids net, contenu, contenu net, contenance, quantité nette, volume net, net, p net",
        not_net: "par, pour, portion, poids net égoutté, égoutté, poids égoutté, poids brut, brut, \
            matières grasses, lipides, acides gras saturés, glucides, sucres, dont sucres, dont, fibres, \
            fibres alimentaires, protéines, sel, sodium, jusqu'à, contient, caféine, alcool, lait, eau, \
            offert, gratuit, en plus, soit, valeurs nutritionnelles, dose, cacao",
    },
    FieldWords {
        code: "es",
        size: "talla, tallas, tamaño, número de calzado",
        colour: "color, colores, tono",
        count: "cantidad, cant, número de piezas, unidades por paquete",
        net: "contenido neto, peso neto, cont neto, contenido, cantidad neta, neto, volumen neto, \
            vol neto",
        not_net: "por, cada, ración, porción, peso escurrido, escurrido, peso bruto, bruto, grasas, \
            saturadas, hidratos de carbono, carbohidratos, azúcares, de los cuales, fibra, \
            fibra alimentaria, proteínas, sal, sodio, hasta, contiene, cafeína, leche, agua, gratis, \
            dosis, cacao",
    },
    FieldWords {
        code: "it",
        size: "taglia, taglie, misura, tg, numero di scarpa",
        colour: "colore, colori, tinta",
        count: "quantità, qtà, numero pezzi",
        net: "peso netto, contenuto, contenuto netto, quantità netta, netto, volume netto",
        not_net: "per, ogni, porzione, peso sgocciolato, sgocciolato, peso lordo, lordo, grassi, \
            acidi grassi saturi, carboidrati, zuccheri, di cui, di cui zuccheri, fibre, proteine, sale, \
            sodio, fino a, contiene, caffeina, latte, acqua, gratis, dose, cacao",
    },
    FieldWords {
        code: "pt",
        size: "tamanho, tam, tamanhos, numeração",
        colour: "cor, cores, tonalidade",
        count: "quantidade, qtd, qtde, número de peças",
        net: "peso líquido, conteúdo líquido, conteúdo, peso liq, quantidade líquida, volume líquido",
        not_net: "por, cada, porção, dose, peso escorrido, escorrido, peso drenado, peso bruto, bruto, \
            lípidos, gorduras, gorduras totais, saturados, hidratos de carbono, carboidratos, açúcares, \
            dos quais, fibra, proteínas, sal, sódio, até, contém, cafeína, leite, água, grátis",
    },
    FieldWords {
        code: "nl",
        size: "maat, maten, schoenmaat, kledingmaat, mt",
        colour: "kleur, kleuren, tint",
        count: "aantal, aantal stuks, hoeveelheid",
        net: "inhoud, netto inhoud, nettogewicht, netto gewicht, netto, netto hoeveelheid",
        not_net: "per, portie, uitlekgewicht, bruto, brutogewicht, vetten, vet, verzadigd, \
            koolhydraten, suikers, waarvan, waarvan suikers, vezels, eiwitten, eiwit, zout, natrium, \
            tot, bevat, cafeïne, melk, water, gratis, dosering, cacao",
    },
    FieldWords {
        code: "pl",
        size: "rozmiar, rozmiary, rozm",
        colour: "kolor, kolory, barwa",
        count: "ilość, ilość sztuk, liczba sztuk",
        net: "masa netto, zawartość netto, zawartość, objętość, objętość netto, ilość netto, \
            waga netto, netto, pojemność",
        not_net: "na, w, porcja, masa netto po odsączeniu, po odsączeniu, masa brutto, brutto, tłuszcz, \
            kwasy nasycone, węglowodany, cukry, w tym, w tym cukry, błonnik, białko, sól, sód, do, \
            zawiera, kofeina, mleko, woda, gratis, dawka, kakao",
    },
    FieldWords {
        code: "sv",
        size: "storlek, storlekar, stl, strl, skostorlek",
        colour: "färg, färger, kulör",
        count: "antal, mängd, antal delar",
        net: "nettovikt, nettoinnehåll, innehåll, nettomängd, netto, nettovolym, volym",
        not_net: "per, portion, avrunnen vikt, bruttovikt, brutto, fett, mättat fett, kolhydrat, \
            kolhydrater, sockerarter, varav, varav sockerarter, fiber, protein, salt, natrium, ger, \
            upp till, innehåller, koffein, mjölk, vatten, gratis, dos, kakao",
    },
    FieldWords {
        code: "ja",
        size: "サイズ, 寸法, 大きさ",
        colour: "色, カラー, 色名, カラー名, 色番",
        count: "数量, 入数, 個数, 枚数, 入り数",
        net: "内容量, 正味量, 内容総量, 正味, 容量",
        not_net: "当たり, 当り, あたり, 固形量, 脂質, たんぱく質, 炭水化物, 糖質, 食物繊維, 食塩相当量, \
            ナトリウム, 1食, 一食",
    },
    FieldWords {
        code: "zh",
        size: "尺码, 尺碼, 尺寸, 号型, 號型, 鞋码, 鞋號",
        colour: "颜色, 顏色, 色号, 色號",
        count: "数量, 數量, 件数, 件數, 入数",
        net: "净含量, 淨含量, 净重, 淨重, 净容量, 规格, 規格, 內容量",
        not_net: "每, 每份, 毛重, 固形物, 沥干物, 脂肪, 蛋白质, 蛋白質, 碳水化合物, 糖, 膳食纤维, 钠, 鈉, \
            营养成分",
    },
    FieldWords::net(
        "da",
        "nettovægt, nettoindhold, nettomængde, netto, indhold, nettovolumen",
        "pr, portion, drænet vægt, drænvægt, bruttovægt, brutto, heraf, fedt, kulhydrat, sukkerarter, \
            protein, salt",
    ),
    FieldWords::net(
        "no",
        "nettovekt, nettoinnhold, nettomengde, netto, innhold, nettovolum",
        "per, pr, porsjon, avrent vekt, avrent nettovekt, bruttovekt, brutto, hvorav, fett, karbohydrater, \
            sukkerarter, protein, salt",
    ),
    FieldWords::net(
        "fi",
        "nettopaino, nettosisältö, nettomäärä, sisältö, sisällön määrä, paino netto, tilavuus",
        "annos, annoskoko, valutettu paino, valutettuna, bruttopaino, rasvaa, hiilihydraattia, sokereita, \
            proteiinia, suolaa",
    ),
    FieldWords::net(
        "cs",
        "hmotnost, čistá hmotnost, hmotnost netto, obsah, čistý obsah, objem, množství, čisté množství",
        "porce, hmotnost po odkapání, po odkapání, odkapaná hmotnost, pevný podíl, hmotnost pevné složky, \
            hrubá hmotnost, tuky, sacharidy, cukry, bílkoviny, sůl",
    ),
    FieldWords::net(
        "sk",
        "hmotnosť, čistá hmotnosť, čistá váha, hmotnosť netto, obsah, objem, množstvo",
        "porcia, pevný podiel, hmotnosť pevného podielu, hmotnosť po odkvapkaní, odkvapkaná hmotnosť, \
            hrubá hmotnosť, tuky, sacharidy, cukry, bielkoviny, soľ",
    ),
    FieldWords::net(
        "hu",
        "nettó tömeg, nettó súly, nettó mennyiség, nettó térfogat, nettó, tömeg, térfogat, nettó töltőtérfogat",
        "adag, töltőtömeg, töltősúly, lecsepegtetett tömeg, bruttó tömeg, bruttó, zsír, szénhidrát, cukrok, \
            fehérje, só, dobozonként",
    ),
    FieldWords::net(
        "ro",
        "greutate netă, cantitate netă, masă netă, conținut net, volum net, conținut, gramaj",
        "porție, masă netă scursă, greutate netă scursă, masă scursă, greutate scursă, greutate brută, \
            grăsimi, glucide, zaharuri, proteine, sare",
    ),
    FieldWords::net(
        "bg",
        "нетно тегло, нето тегло, тегло нето, нето, нетно количество, нето количество, нетен обем, обем",
        "порция, отцедено тегло, отцедено, бруто тегло, бруто, мазнини, въглехидрати, захари, белтъци, сол",
    ),
    FieldWords::net(
        "el",
        "καθαρό βάρος, καθαρό περιεχόμενο, καθαρή ποσότητα, καθαρός όγκος, περιεχόμενο",
        "ανά, μερίδα, στραγγισμένο βάρος, βάρος στραγγισμένο, στραγγισμένο, καθαρό βάρος στραγγισμένο, \
            μικτό βάρος, λιπαρά, υδατάνθρακες, σάκχαρα, πρωτεΐνες, αλάτι",
    ),
    FieldWords::net(
        "tr",
        "net ağırlık, net miktar, net hacim, net içerik, net kütle, ağırlık net",
        "porsiyon, süzme ağırlık, süzme ağırlığı, süzme net ağırlık, brüt ağırlık, brüt, yağ, karbonhidrat, \
            şekerler, protein, tuz",
    ),
    FieldWords::net(
        "ru",
        "масса нетто, вес нетто, нетто, масса, объём, объем, номинальный объём, количество нетто",
        "порция, масса сухого вещества, масса без рассола, масса основного продукта, масса брутто, \
            вес брутто, брутто, жиры, углеводы, сахара, белки, соль, на",
    ),
    FieldWords::net(
        "uk",
        "маса нетто, вага нетто, нетто, маса, об'єм, номінальний об'єм, кількість нетто",
        "порція, маса основного продукту, маса брутто, брутто, жири, вуглеводи, цукри, білки, сіль, на",
    ),
    FieldWords::net(
        "vi",
        "khối lượng tịnh, trọng lượng tịnh, khối lượng, thể tích thực, thể tích tịnh, dung tích thực",
        "mỗi, khẩu phần, khối lượng ráo nước, khối lượng cái, trọng lượng cả bì, chất béo, chất đạm, đường",
    ),
    FieldWords::net(
        "id",
        "berat bersih, isi bersih, kandungan bersih, jisim bersih, volum bersih, volume bersih",
        "per, takaran saji, per sajian, sajian, bobot tuntas, berat tuntas, jisim toskan, berat kotor, lemak, \
            karbohidrat, gula, protein, garam",
    ),
];
