//! Units of volume, mass and length. How they are compared stands in the [module above](super).
//!
//! Sources: Directive 80/181/EEC (metric units, and the pint, the fluid ounce and the gallon of the United
//! Kingdom); NIST Handbook 44, Appendix C (units of the United States: 1 fl oz = 29.5735 ml, 1 oz =
//! 28.3495 g, 1 in = 25.4 mm); GB 7718 (克, 千克, 毫升, 升); unit names of CLDR 46 and of the trade.

/// What a unit measures. Fluid ounces are volumes, ounces without a word are masses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// In millilitres.
    Volume,
    /// In grams.
    Mass,
    /// In millimetres.
    Length,
}

/// A unit.
#[derive(Debug)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    /// How many millilitres, grams or millimetres it is; more than one where countries differ.
    pub factors: &'static [f64],
    /// Whether it belongs to the metric system. Packs that name both systems round one of them.
    pub metric: bool,
    /// Its names and symbols, with commas between.
    pub words: &'static str,
}

/// Every unit.
pub const MEASURES: &[Unit] = &[
    Unit {
        dimension: Dimension::Volume,
        factors: &[1.0],
        metric: true,
        words: "ml, mls, millilitre, millilitres, milliliter, milliliters, mililitros, mililitro, \
            millilitri, mililitrów, mililitr, cc, 毫升, ミリリットル, мл, мілілітрів",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[10.0],
        metric: true,
        words: "cl, centilitre, centilitres, centiliter, zentiliter, centilitros, centilitri",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[100.0],
        metric: true,
        words: "dl, deciliter, decilitre, deziliter, decilitros, decilitri",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[1000.0],
        metric: true,
        words: "l, lt, ltr, ltrs, litre, litres, liter, liters, litro, litros, litri, litr, litry, \
            litrów, 升, 公升, リットル, л, литр, литра, литров, літр, літри, λίτρα, λίτρο",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[29.5735, 28.4131],
        metric: false,
        words: "fl oz, fl ozs, floz, fluid ounce, fluid ounces, us fl oz, oz fl, onces liquides",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[473.176, 568.261],
        metric: false,
        words: "pt, pint, pints",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[946.353, 1136.52],
        metric: false,
        words: "qt, qts, quart, quarts",
    },
    Unit {
        dimension: Dimension::Volume,
        factors: &[3785.41, 4546.09],
        metric: false,
        words: "gal, gallon, gallons",
    },
    Unit {
        dimension: Dimension::Mass,
        factors: &[0.001],
        metric: true,
        words: "mg, milligram, milligrams, milligramm, milligrammes, miligramos, miligramas, 毫克, мг",
    },
    Unit {
        dimension: Dimension::Mass,
        factors: &[1.0],
        metric: true,
        words: "g, gr, grs, gram, grams, gramm, gramme, grammes, grammi, grammo, gramo, gramos, grama, \
            gramas, gramów, 克, 公克, グラム, г, гр, грамм, грама, грамів, γρ, γραμμάρια",
    },
    Unit {
        dimension: Dimension::Mass,
        factors: &[1000.0],
        metric: true,
        words: "kg, kgs, kilo, kilos, kilogram, kilograms, kilogramm, kilogramme, kilogrammes, \
            kilogramos, chilogrammi, 千克, 公斤, キログラム, кг, килограмм, кілограм, κιλά, κιλό",
    },
    Unit {
        dimension: Dimension::Mass,
        factors: &[28.3495],
        metric: false,
        words: "oz, ozs, ounce, ounces, onces, onzas",
    },
    Unit {
        dimension: Dimension::Mass,
        factors: &[453.592],
        metric: false,
        words: "lb, lbs, pound, pounds, libras, livres",
    },
    Unit {
        dimension: Dimension::Length,
        factors: &[1.0],
        metric: true,
        words: "mm, millimetre, millimetres, millimeter, millimeters, milímetros, millimetri, 毫米, \
            ミリメートル",
    },
    Unit {
        dimension: Dimension::Length,
        factors: &[10.0],
        metric: true,
        words: "cm, cms, centimetre, centimetres, centimeter, centimeters, zentimeter, centímetros, \
            centimetri, 厘米, 公分, センチ, センチメートル",
    },
    Unit {
        dimension: Dimension::Length,
        factors: &[1000.0],
        metric: true,
        words: "m, mtr, mtrs, metre, metres, meter, meters, metros, metri, metrów, 米, メートル",
    },
    Unit {
        dimension: Dimension::Length,
        factors: &[25.4],
        metric: false,
        words: "in, inch, inches, zoll, pouces, pulgadas, pollici, polegadas, cali, tum, 英寸, \
            インチ",
    },
    Unit {
        dimension: Dimension::Length,
        factors: &[304.8],
        metric: false,
        words: "ft, foot, feet, pieds, pies, piedi",
    },
];
