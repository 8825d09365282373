//! Words beside the number of pieces in a pack. How they are compared stands in the [module above](super).
//!
//! Sources: 21 CFR 101.7 and NIST Handbook 130 (count as net quantity), GB 7718 (规格, 件, 个), the Food
//! Labelling Standards of Japan (個, 枚, 本); the rest from the trade.

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Packs of the item itself: `pack of 6`, `6er-Pack`.
    Packs,
    /// Pieces, without saying of what: `6 pcs`.
    Pieces,
    /// Things with a name: `60 tablets`. The record may count something else, so that such a count can agree
    /// and never contradicts.
    Things,
}

/// Where the number stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before the word, with or without a space: `6 pcs`.
    Before,
    /// Before the word, without a space: `6er`.
    Glued,
    /// After the word: `pack of 6`.
    After,
}

/// Every list of words.
pub const COUNTS: &[(Counted, Side, &str)] = &[
    (
        Counted::Packs,
        Side::Glued,
        "er, er pack, er packung, er set, er box, stück packung, er karton",
    ),
    (
        Counted::Packs,
        Side::Before,
        "pack, packs, pk, multipack, pak, paczka, paquetes, confezioni, embalagens, ct, count",
    ),
    (
        Counted::Packs,
        Side::After,
        "pack of, packs of, box of, case of, set of, bag of, carton of, multipack of, pk of, \
            packung mit, packung zu, pack mit, set mit, karton mit, box mit, lot de, pack de, paquet de, \
            boîte de, carton de, ensemble de, jeu de, sachet de, coffret de, paquete de, caja de, juego de, \
            bolsa de, estuche de, confezione da, conf da, scatola da, set da, pacco da, pacote de, \
            caixa de, conjunto de, embalagem de, kit de, pak van, doos van, set van, verpakking van, \
            opakowanie, zestaw, komplet, opak, förpackning med, paket med, set om, förp om",
    ),
    (
        Counted::Pieces,
        Side::Before,
        "pcs, pc, pce, pces, piece, pieces, units, unit, items, stk, stück, stücke, \
            st pack, teile, teilig, pièces, pièce, unités, unidades, uds, ud, piezas, pzas, pza, pezzi, \
            pezzo, pz, peças, peça, unid, stuks, stuk, sztuk, sztuki, szt, stycken, delar, 個, 個入, 個入り, \
            個セット, 枚, 枚入, 枚入り, 本, 本入, 本入り, 入り, 入, 点セット, 个, 个装, 件, 件套, 片, 片装, 只, \
            支, 支装, 包, 袋, 袋装, 瓶, 罐, 盒, 条, 条装, 双",
    ),
    (
        Counted::Things,
        Side::Before,
        "ea, each, tablets, tabs, capsules, caps, softgels, lozenges, sachets, pods, rolls, sheets, wipes, bags, \
            tea bags, teabags, bottles, cans, bars, eggs, pairs, pair, pads, plasters, cups, sticks, \
            cookies, slices, tabletten, kapseln, filmtabletten, dragees, beutel, teebeutel, rollen, blatt, \
            tücher, flaschen, dosen, eier, paar, st, comprimés, gélules, rouleaux, feuilles, lingettes, \
            bouteilles, canettes, œufs, oeufs, paires, paire, comprimidos, cápsulas, sobres, rollos, hojas, \
            toallitas, botellas, latas, huevos, pares, par, compresse, capsule, bustine, rotoli, fogli, \
            salviette, bottiglie, lattine, uova, paia, paio, saquetas, rolos, folhas, garrafas, ovos, \
            tabletten, zakjes, rollen, vellen, doekjes, flessen, blikjes, eieren, tabletek, kapsułek, \
            saszetek, rolek, butelek, jaj, tabletter, kapslar, påsar, rullar, ark, flaskor, burkar, ägg, \
            錠, 粒, 包入, カプセル, 足, 片入, 粒装, 卷, 抽, 枚组",
    ),
];
