//! Looking for items, one item's page, and the table for a spreadsheet.

use super::*;

#[tokio::test]
async fn a_search_shows_what_is_found_and_goes_on_with_older_items() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let page = vera.get("/history?sku=many").await.text();
    assert_eq!(page.matches("href=\"/history/boot/").count(), 50, "{page}");
    assert!(page.contains("value=\"many\""), "what was asked stays in the form");
    let (_, older) = page.split_once("href=\"/history?sku=many&#38;before=").expect("it goes on");
    let before: i64 = older.split('"').next().unwrap().parse().unwrap();
    let next = vera.get(&format!("/history?sku=many&before={before}")).await.text();
    let (_, again) = next.split_once("before=").expect("and on");
    let again: i64 = again.split('"').next().unwrap().parse().unwrap();
    assert_eq!(before - again, 50_000_000, "fifty items, a second each");
    let none = vera.get("/history?sku=none").await.text();
    assert!(none.contains("No kept item matches") && !none.contains("before="), "{none}");
}

#[tokio::test]
async fn a_search_that_cannot_be_made_says_why_and_keeps_the_question() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let page = vera.get("/history?sku=many&since=yesterday").await.text();
    assert!(
        page.contains("A time cannot be understood") && page.contains("\"yesterday\""),
        "{page}"
    );
    let page = vera.get("/history?sku=slow").await.text();
    assert!(page.contains("The search was broken off"), "{page}");
    let csv = vera.get("/history.csv?since=yesterday").await;
    assert_eq!(csv.status, 400, "{}", csv.text());
}

#[tokio::test]
async fn an_item_shows_all_that_is_known_of_it_as_text() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let page = vera.get("/history/boot/7").await;
    let text = page.text();
    assert_eq!(page.status, 200, "{text}");
    for told in ["Item 7", "side: &#60;torn&#62;", "L-77", "81 ms", "scanner portal said"] {
        assert!(text.contains(told), "the page lacks `{told}`: {text}");
    }
    for path in ["/history/other/7", "/history/..%2f..%2fetc/7"] {
        assert_eq!(vera.get(path).await.status, 404, "{path}");
    }
    let json = vera.get("/api/items/boot/7").await;
    let details: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(details["findings"][0]["words"], "side: <torn>");
}

#[tokio::test]
async fn a_spreadsheet_gets_a_table_without_formulas() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let table = vera.get("/history.csv?sku=many").await;
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    let text = table.text();
    assert!(text.starts_with("entered_at,boot,item,sku,verdict,"), "{}", &text[..200]);
    assert_eq!(text.lines().count(), 5001);
    let second = text.lines().nth(1).unwrap();
    assert!(second.starts_with("2027-03-01T09:59:59Z,boot,0,"), "{second}");
    assert!(second.ends_with(",'=1+1 torn"), "{second}");
}
