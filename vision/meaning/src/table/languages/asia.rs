//! Languages of eastern and south-eastern Asia.

use super::Language;

/// These languages.
pub const ASIA: &[Language] = &[
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
        number: "製造者, 製造所, 製造元, 製造業者, 製造販売元, 製造所固有記号, 加工者, 加工所, 電話, 品番, 型番, 郵便番号",
        link: "年月日, 日, 年月, は, まで",
        ..Language::BLANK
    },
    Language {
        code: "zh",
        sources: "GB (simplified), Food Safety Act of Taiwan and Cap. 132W of Hong Kong (traditional), trade",
        months: [""; 12],
        expiry: "有效期至, 有效期到, 有效期限, 有效日期, 有效期, 保质期至, 保质期到, \
            保质期到期日, 保质期, 到期日, 失效日期, 失效期, 此日期前最佳, 此日期前食用, \
            最佳食用日期, 限用日期, 使用期限至, 保存期限, 保鲜期至, 限期使用日期",
        begun: "",
        manufacture: "生产日期及批号, 生产日期和批号, 生产日期, 生產日期, 制造日期, 製造日期, 包装日期, 包裝日期, 出厂日期, 生产, \
            灌装日期, 分装日期, 加工日期",
        other: "销售截止日期, 上市日期",
        lot: "批号, 批號, 批次, 生产批号, 产品批号, 批次号, 生產批號",
        serial: "序列号, 序號, 出厂编号, 机身号",
        number: "生产许可证, 食品生产许可证, 生产许可证编号, 生产厂家, 生产厂, 生产商, 生产者, 生产企业, 生产地址, \
            生產商, 生產廠, 製造商, 製造廠, 制造商, 产品标准号, 执行标准, 电话, 電話, 编号, 型号, 货号, 许可证, 条码, 热线",
        link: "日期, 至, 日, 见",
        ..Language::BLANK
    },
    Language {
        code: "ko",
        sources: "Act on Labeling and Advertising of Foods (소비기한, 유통기한, 제조연월일), trade; months are written 5월",
        expiry: "소비기한, 유통기한, 품질유지기한, 사용기한, 사용기간, 유효기간, 유효기한, 유통기간, 까지",
        manufacture: "제조일자, 제조일, 제조연월일, 제조년월일, 제조, 포장일자, 포장일, 포장연월일, 생산일자, 생산일, 가공일자, 냉동일자, 냉동일, 충전일, \
            병입일",
        other: "판매기한, 산란일자, 산란일, 도축일",
        lot: "로트, 로트번호, 제조번호, 배치번호, 이력번호",
        serial: "일련번호, 시리얼번호, 제품번호",
        number: "전화, 고객상담, 소비자상담, 모델명, 품번, 바코드, 제조원, 제조사, 제조업소, 제조업체, 제조국, 허가번호",
        link: "는, 은, 까지, 별도표기일, 일자, 년월일",
        ..Language::BLANK
    },
    Language {
        code: "vi",
        sources: "Decree 43/2017/NĐ-CP on goods labels (ngày sản xuất, hạn sử dụng; NSX, HSD), CLDR, trade",
        months: [
            "tháng 1, tháng 01, thg 1, thg 01",
            "tháng 2, tháng 02, thg 2, thg 02",
            "tháng 3, tháng 03, thg 3, thg 03",
            "tháng 4, tháng 04, thg 4, thg 04",
            "tháng 5, tháng 05, thg 5, thg 05",
            "tháng 6, tháng 06, thg 6, thg 06",
            "tháng 7, tháng 07, thg 7, thg 07",
            "tháng 8, tháng 08, thg 8, thg 08",
            "tháng 9, tháng 09, thg 9, thg 09",
            "tháng 10, thg 10",
            "tháng 11, thg 11",
            "tháng 12, thg 12",
        ],
        doubtful: &[
            (1, "th 1, th 01"),
            (2, "th 2, th 02"),
            (3, "th 3, th 03"),
            (4, "th 4, th 04"),
            (5, "th 5, th 05"),
            (6, "th 6, th 06"),
            (7, "th 7, th 07"),
            (8, "th 8, th 08"),
            (9, "th 9, th 09"),
            (10, "th 10"),
            (11, "th 11"),
            (12, "th 12"),
        ],
        expiry: "hsd, hạn sử dụng, hạn sd, hạn dùng, sử dụng tốt nhất trước, \
            sử dụng tốt nhất trước ngày, tốt nhất trước, tốt nhất trước ngày, sử dụng trước, \
            sử dụng trước ngày, sử dụng đến, sử dụng đến ngày, dùng trước, dùng trước ngày, \
            ngày hết hạn, hết hạn, hạn dùng đến",
        begun: "sử dụng",
        manufacture: "nsx, ngày sản xuất, ngày sx, sản xuất ngày, sản xuất, ngày đóng gói, \
            đóng gói ngày, nđg, ngày đông lạnh, ngày chế biến, ngày đóng chai",
        lot: "số lô, số lô sx, số lô sản xuất, lô sx, lô số, lô sản xuất, lô sản xuất số, lô sx số, slsx, mã lô, ký hiệu lô",
        serial: "số sê-ri, số seri, số máy",
        number: "điện thoại, số đăng ký, sđk, mã số, mã hàng, hotline, tcvn, tccs",
        link: "ngày, đến, đến ngày, trước, tháng, xem",
        ..Language::BLANK
    },
    Language {
        code: "id",
        sources: "BPOM regulation 31/2018 (baik digunakan sebelum, kode produksi), Malaysian Food Regulations 1985, regulation 14 (tarikh luput, guna sebelum), CLDR (Indonesian and Malay), trade",
        months: [
            "januari, jan",
            "februari, feb",
            "maret, mar",
            "april, apr",
            "mei",
            "juni, jun",
            "juli, jul, julai",
            "agustus, agu, ogos, ogo",
            "september, sep, sept",
            "oktober, okt",
            "november, nov",
            "desember, des, disember",
        ],
        doubtful: &[(3, "mac"), (12, "dis")],
        expiry: "baik digunakan sebelum, baik digunakan sebelum akhir, baik sebelum, \
            digunakan sebelum, gunakan sebelum, kedaluwarsa, kadaluarsa, kadaluwarsa, \
            kedaluarsa, tgl kedaluwarsa, tgl kadaluarsa, tanggal kedaluwarsa, \
            tanggal kadaluarsa, masa berlaku, berlaku sampai, exp tgl, tarikh luput, \
            tarikh tamat tempoh, tarikh tamat, tamat tempoh, luput, guna sebelum, \
            terbaik sebelum, terbaik digunakan sebelum, sebaiknya digunakan sebelum, \
            baik digunakan hingga",
        begun: "baik digunakan, sebaiknya digunakan",
        manufacture: "tanggal produksi, tgl produksi, tgl prod, diproduksi tanggal, diproduksi pada, \
            diproduksi, tanggal pembuatan, dibuat tanggal, tanggal pengemasan, \
            dikemas tanggal, tarikh dikilangkan, tarikh pembuatan, tarikh dibuat, \
            tarikh keluaran, tarikh pembungkusan, tarikh dibungkus, dikemas pada, \
            dibungkus pada, tarikh dikeluarkan, tanggal pembekuan",
        lot: "kode produksi, kd prod, no bets, nomor bets, no bacth, kode batch, nomor batch, nomor kode produksi, kode lot, no kelompok, \
            nombor kelompok, kod kelompok, no lot, bets",
        serial: "nomor seri, no seri, no siri, nombor siri",
        number: "telepon, telp, telefon, bpom ri md, bpom, no reg, layanan konsumen",
        link: "tanggal, tgl, tarikh, pada, akhir, bulan, lihat",
        ..Language::BLANK
    },
    Language {
        code: "th",
        sources: "Notification of the Ministry of Public Health 367 and 434 (ควรบริโภคก่อน, หมดอายุ, ผลิต), CLDR, trade",
        months: [
            "มกราคม, ม.ค.",
            "กุมภาพันธ์, ก.พ.",
            "มีนาคม, มี.ค.",
            "เมษายน, เม.ย.",
            "พฤษภาคม, พ.ค.",
            "มิถุนายน, มิ.ย.",
            "กรกฎาคม, ก.ค.",
            "สิงหาคม, ส.ค.",
            "กันยายน, ก.ย.",
            "ตุลาคม, ต.ค.",
            "พฤศจิกายน, พ.ย.",
            "ธันวาคม, ธ.ค.",
        ],
        expiry: "ควรบริโภคก่อน, ควรบริโภคก่อนวันที่, วันที่ควรบริโภคก่อน, ควรบริโภคก่อนสิ้นเดือน, \
            ควรใช้ก่อน, ควรใช้ก่อนวันที่, ใช้ก่อน, ใช้ก่อนวันที่, บริโภคก่อน, หมดอายุ, \
            วันหมดอายุ, วันที่หมดอายุ, วันสิ้นอายุ, สิ้นอายุ, หมดอายุวันที่, เดือนปีที่หมดอายุ",
        manufacture: "วันที่ผลิต, วันผลิต, ผลิตวันที่, ผลิตเมื่อ, ผลิต, เดือนปีที่ผลิต, วันที่บรรจุ, \
            วันบรรจุ, บรรจุวันที่, บรรจุเมื่อ, วันแช่แข็ง",
        other: "วันจำหน่าย, จำหน่ายก่อน",
        lot: "เลขที่ผลิต, รุ่นที่ผลิต, ครั้งที่ผลิต, รุ่นผลิต, ลอต, เลขที่รุ่น",
        serial: "หมายเลขเครื่อง, ซีเรียล",
        number: "โทร, โทรศัพท์, เลขสารบบอาหาร, เลขทะเบียน, ทะเบียนยา, ผลิตภัณฑ์, ผู้ผลิต, \
            รหัสสินค้า",
        link: "วันที่, วัน, เดือน, ปี",
        ..Language::BLANK
    },
];
