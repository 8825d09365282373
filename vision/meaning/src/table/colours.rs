//! Colour words with their families. How words are compared stands in the [module above](super).
//!
//! A *family* is a basic colour. Trade names are shades of one family, or lie between two: teal is a blue and
//! a green. Two words name one colour where they share a family; light and dark are not told apart.
//!
//! Sources: the eleven basic colours from Berlin and Kay, *Basic Color Terms* (1969), with turquoise, beige,
//! gold and silver as the trade keeps them apart; English shades from CSS Color Module Level 4, section 6.1;
//! words of the languages from the trade. A word that is as often something else (French `or`, the flavour
//! mint) stands under `doubtful`.

/// The families, one bit each.
pub mod family {
    /// Black.
    pub const BLACK: u32 = 1;
    /// White.
    pub const WHITE: u32 = 1 << 1;
    /// Grey.
    pub const GREY: u32 = 1 << 2;
    /// Red.
    pub const RED: u32 = 1 << 3;
    /// Pink.
    pub const PINK: u32 = 1 << 4;
    /// Orange.
    pub const ORANGE: u32 = 1 << 5;
    /// Yellow.
    pub const YELLOW: u32 = 1 << 6;
    /// Green.
    pub const GREEN: u32 = 1 << 7;
    /// Blue.
    pub const BLUE: u32 = 1 << 8;
    /// Purple.
    pub const PURPLE: u32 = 1 << 9;
    /// Brown.
    pub const BROWN: u32 = 1 << 10;
    /// Beige, cream, sand.
    pub const BEIGE: u32 = 1 << 11;
    /// Gold.
    pub const GOLD: u32 = 1 << 12;
    /// Silver.
    pub const SILVER: u32 = 1 << 13;
    /// Transparent.
    pub const CLEAR: u32 = 1 << 14;
    /// Every family: multicoloured goods contradict no colour.
    pub const ANY: u32 = u32::MAX;
}

use family::*;

/// Words of one family, or of one shade between families.
#[derive(Debug)]
pub struct Colour {
    /// Bits of [`family`].
    pub families: u32,
    /// Words that are colours.
    pub words: &'static str,
    /// Words that are colours where the label says that a colour follows, and beside a size.
    pub doubtful: &'static str,
}

/// Words for light and dark, and others that stand with a colour and change no family.
pub const TONES: &str = "light, dark, bright, deep, pale, medium, mid, matt, matte, glossy, metallic, washed, \
    heather, melange, marl, solid, neon, pastel, royal, hell, dunkel, clair, claire, foncé, foncée, vif, pâle, \
    claro, clara, oscuro, oscura, escuro, escura, chiaro, chiara, scuro, scura, licht, donker, jasny, jasna, \
    ciemny, ciemna, ljus, mörk, and, und, et, y, e, en, i, och, with, mit, avec";

/// Words that are glued to a colour: `dunkelblau`, `jasnoszary`.
pub const TONE_PREFIXES: &str = "hell, dunkel, tief, licht, donker, fel, jasno, ciemno, ljus, mörk, mellan, \
    marine, royal, himmel, gras, blut, nacht, stahl";

/// Every colour.
pub const COLOURS: &[Colour] = &[
    Colour {
        families: BLACK,
        words: "black, schwarz, noir, noire, noirs, negro, negra, nero, nera, preto, preta, zwart, zwarte, \
            czarny, czarna, czarne, svart, svarta, 黒, 黒色, ブラック, 黑, 黑色, jet black, ebony, onyx, blk",
        doubtful: "jet",
    },
    Colour {
        families: WHITE,
        words: "white, weiß, weiss, blanc, blanche, blanco, blanca, bianco, bianca, branco, branca, wit, \
            witte, biały, biała, białe, vit, vita, 白, 白色, ホワイト, snow white, wht",
        doubtful: "snow, pearl",
    },
    Colour {
        families: WHITE | BEIGE,
        words: "ivory, off-white, offwhite, off white, ecru, écru, elfenbein, ivoire, marfil, avorio, \
            marfim, cremeweiß, wollweiß, オフホワイト, アイボリー, 米白, 米白色, naturweiß",
        doubtful: "cream, creme, crème, crema, eggshell, natural, natur",
    },
    Colour {
        families: GREY,
        words: "grey, gray, grau, gris, grise, grigio, grigia, cinza, cinzento, cinzenta, grijs, grijze, \
            szary, szara, szare, grå, gråa, 灰色, 灰, グレー, slate grey, ash grey",
        doubtful: "slate, ash, stone, smoke, graphite, pewter",
    },
    Colour {
        families: GREY | BLACK,
        words: "charcoal, anthracite, anthrazit, antracita, antracite, antraciet, antracyt, antracit, \
            gunmetal, grafit, grafito, チャコール, 炭灰色, 深灰",
        doubtful: "",
    },
    Colour {
        families: RED,
        words: "red, rot, rouge, rojo, roja, rosso, rossa, vermelho, vermelha, rood, rode, czerwony, \
            czerwona, czerwone, röd, röda, 赤, 赤色, レッド, 红, 红色, 紅色, scarlet, crimson, vermilion",
        doubtful: "cherry, ruby, tomato, brick, carmine",
    },
    Colour {
        families: RED | PURPLE | BROWN,
        words: "burgundy, maroon, bordeaux, oxblood, burdeos, granate, bordowy, vinröd, weinrot, \
            ワインレッド, 酒红, 酒红色, bordeauxrot, bordó, bordo",
        doubtful: "wine",
    },
    Colour {
        families: PINK,
        words: "pink, rosa, rosé, rosado, rosada, cor-de-rosa, roze, różowy, różowa, różowe, ピンク, \
            粉色, 粉红, 粉红色, 粉紅色, hot pink, blush, 桃色",
        doubtful: "rose",
    },
    Colour {
        families: PINK | PURPLE | RED,
        words: "fuchsia, magenta, fucsia, fúcsia, fuksja, raspberry, cerise",
        doubtful: "berry, plum",
    },
    Colour {
        families: PINK | ORANGE | RED,
        words: "coral, koralle, corail, coralowy, koralowy, korall",
        doubtful: "salmon, lachs, saumon, peach",
    },
    Colour {
        families: ORANGE,
        words: "orange, naranja, anaranjado, arancione, arancio, laranja, oranje, pomarańczowy, \
            pomarańczowa, オレンジ, オレンジ色, 橙色, 橘色, 橙",
        doubtful: "tangerine, apricot",
    },
    Colour {
        families: ORANGE | BROWN | RED,
        words: "terracotta, terrakotta, copper, kupfer, bronze, rust, rouille",
        doubtful: "rost, cinnamon",
    },
    Colour {
        families: YELLOW,
        words: "yellow, gelb, jaune, amarillo, amarilla, giallo, gialla, amarelo, amarela, geel, gele, \
            żółty, żółta, żółte, gul, gula, 黄, 黄色, イエロー, 黃色",
        doubtful: "lemon, zitrone, citron, sun",
    },
    Colour {
        families: YELLOW | BROWN | ORANGE,
        words: "ochre, ocker, ocre, senfgelb",
        doubtful: "mustard, senf, moutarde, mostaza, senape, amber, honey",
    },
    Colour {
        families: GREEN,
        words: "green, grün, gruen, vert, verte, verde, groen, groene, zielony, zielona, zielone, grön, \
            gröna, 緑, 緑色, グリーン, 绿, 绿色, 綠色, emerald, forest green",
        doubtful: "olive, oliv, lime, mint, menthe, menta, moss, sage, forest, jade, pistachio",
    },
    Colour {
        families: GREEN | BROWN | BEIGE,
        words: "khaki, kaki, カーキ, 卡其色, 卡其",
        doubtful: "",
    },
    Colour {
        families: BLUE,
        words: "blue, blau, bleu, bleue, azul, blu, azzurro, azzurra, blauw, blauwe, niebieski, niebieska, \
            niebieskie, blå, blåa, 青, 青色, ブルー, 蓝, 蓝色, 藍色, navy, navy blue, marineblau, bleu marine, \
            azul marino, blu navy, azul-marinho, marineblauw, granatowy, granatowa, marinblå, 紺, 紺色, \
            ネイビー, 藏青, 藏青色, 深蓝, 水色, 天蓝色, cobalt, indigo, sky blue, royal blue, celeste, kobalt",
        doubtful: "marine, denim, jeans, sky, ocean, sapphire",
    },
    Colour {
        families: BLUE | GREEN,
        words: "turquoise, türkis, turquesa, turchese, turkoois, turkusowy, turkos, teal, cyan, petrol, \
            ターコイズ, 青绿色, 湖蓝, 绿松石色, bleu canard, aquamarine",
        doubtful: "aqua",
    },
    Colour {
        families: PURPLE,
        words: "purple, violet, violett, violette, lila, lilac, lilas, morado, morada, viola, roxo, roxa, \
            paars, paarse, fioletowy, fioletowa, 紫, 紫色, パープル, mauve",
        doubtful: "lavender, lavendel, lavande, lavanda, aubergine, eggplant, grape",
    },
    Colour {
        families: BROWN,
        words: "brown, braun, brun, brune, marrón, marron, marrone, castanho, castanha, marrom, bruin, \
            bruine, brązowy, brązowa, brązowe, bruna, 茶色, ブラウン, 棕色, 褐色, 咖啡色",
        doubtful: "chocolate, coffee, mocha, espresso, cognac, walnut, café, caramel, chestnut, 茶",
    },
    Colour { families: BROWN | BEIGE, words: "taupe", doubtful: "tan, camel, nude, latte" },
    Colour {
        families: BEIGE,
        words: "beige, bege, beżowy, beżowa, ベージュ, 米色, 米黄色",
        doubtful: "sand, champagne, oat, linen",
    },
    Colour {
        families: GOLD | YELLOW,
        words: "gold, golden, goldfarben, doré, dorée, dorado, dorada, dorato, dourado, goud, gouden, złoty, \
            złota, guld, gulden, 金色, ゴールド",
        doubtful: "or, oro, ouro, 金",
    },
    Colour {
        families: GOLD | PINK,
        words: "rose gold, rosegold, roségold, or rose, oro rosa, 玫瑰金",
        doubtful: "",
    },
    Colour {
        families: SILVER | GREY,
        words: "silver, silber, silbern, argenté, argentée, plateado, plateada, argento, argentato, prata, \
            prateado, zilver, srebrny, srebrna, 銀色, シルバー, 银色, 銀",
        doubtful: "argent, plata, chrome",
    },
    Colour {
        families: CLEAR | WHITE,
        words: "transparent, transparente, trasparente, durchsichtig, klar, 透明, przezroczysty, クリア, \
            crystal clear",
        doubtful: "clear",
    },
    Colour {
        families: ANY,
        words: "multicolour, multicolor, multicoloured, multicolored, multi, mehrfarbig, bunt, multicolore, \
            assorted, assorted colours, assorted colors, sortiert, assorti, assortis, surtido, assortito, \
            sortido, gesorteerd, mix, mixed, wielokolorowy, flerfärgad, rainbow, マルチカラー, 彩色, 混色",
        doubtful: "",
    },
];
