//! Offers: coupons, contests and campaigns. Their last day is no expiry of the goods that they are printed on.
//! One list each over all languages; sources are packs and coupons as seen in trade.

/// "Valid until": the last day of goods, or of an offer where one of the [`OFFERS`] is named near it.
pub const VALIDITY: &str = "valid until, expires, expires on, expire, gültig bis, valable jusqu'au, expire le, \
    válido hasta, vence, valido fino al, scade il, válido até, ważne do, platnost do, platnosť do, vrijedi do, \
    valjanost do, valabil până la, voimassa asti, berlaku sampai, בתוקף עד, תוקף עד, صالح حتى, صالحة حتى, \
    صالح لغاية, صالحة لغاية, ينتهي في, 有效期至, 有効期限, 유효기간, λήγει, λήγει στις";

/// What names an offer.
pub const OFFERS: &str = "coupon, coupons, voucher, vouchers, offer, special offer, promotion, promo, competition, \
    contest, prize draw, sweepstakes, giveaway, cashback, discount, rebate, \
    gutschein, gutscheincode, rabatt, rabattcode, gewinnspiel, aktion, aktionscode, angebot, verlosung, \
    offre, bon de réduction, réduction, concours, jeu concours, tirage au sort, remboursement, \
    oferta, cupón, descuento, promoción, sorteo, concurso, \
    offerta, buono, buono sconto, sconto, concorso, promozione, cupom, desconto, promoção, sorteio, passatempo, \
    actie, winactie, aanbieding, kortingsbon, korting, prijsvraag, \
    kupon, promocja, konkurs, loteria, rabat, erbjudande, kupong, tävling, tilbud, konkurrence, konkurranse, \
    tarjous, kilpailu, alekuponki, kupón, soutěž, akce, súťaž, akcia, nyereményjáték, akció, \
    nagradna igra, nagradni natječaj, kuponul, promoție, concurs, reducere, kampanya, indirim, çekiliş, \
    купон, акция, конкурс, скидка, розыгрыш, акція, знижка, розіграш, промоция, томбола, отстъпка, \
    κουπόνι, προσφορά, διαγωνισμός, קופון, מבצע, הנחה, كوبون, قسيمة, عرض, خصم, \
    クーポン, キャンペーン, 応募, 优惠券, 優惠券, 促销, 促銷, 抽奖, 抽獎, 쿠폰, 이벤트, 행사, khuyến mãi, phiếu, undian, diskon";
