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

#[tokio::test]
async fn a_technician_says_what_an_item_was_and_the_page_says_whether_the_box_was_right() {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    let path = "/history/boot/7/answer";
    let fields =
        [("truth", "damaged"), ("kind", "spilled"), ("degree", "major"), ("words", "wet <edge>")];
    let told = theo.post(path, &fields).await;
    assert_eq!(told.status, 303);
    assert_eq!(told.headers["location"], "/history/boot/7");
    let page = theo.get("/history/boot/7").await.text();
    for words in
        ["The answer is kept", "It is damaged, spilled, major, says theo", "wet &#60;edge&#62;"]
    {
        assert!(page.contains(words), "the page lacks `{words}`: {page}");
    }
    let told =
        theo.post(path, &[("truth", "good"), ("kind", "spilled"), ("degree", "major")]).await;
    assert_eq!(told.status, 303);
    let page = theo.get("/history/boot/7").await.text();
    assert!(page.contains("learned again with this item as a normal one"), "{page}");
    let said = served.the_box.answers.lock().unwrap().clone();
    assert_eq!((said[1].1.kind, said[1].1.is_major), (None, None), "a good item has no damage");
    let log = served.people().audit(None, 9).unwrap();
    let first = log.iter().rfind(|entry| entry.what == "answer given").unwrap();
    assert_eq!((first.subject.as_str(), first.after.as_str()), ("boot, 7", "damaged spilled"));

    assert_eq!(theo.post(path, &[("truth", "perhaps")]).await.status, 422);
    assert_eq!(theo.post("/history/other/7/answer", &fields).await.status, 404);
    let vera = served.person("vera", Role::Viewer).await;
    assert_eq!(vera.post(path, &fields).await.status, 403);
    assert!(!vera.get("/history/boot/7").await.text().contains("/answer"));
    assert_eq!(served.the_box.answers.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_technician_saves_pictures_whole_and_a_viewer_does_not() {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    let saved = theo.get("/history.zip?sku=tea").await;
    assert_eq!(saved.status, 200);
    assert_eq!(saved.headers["content-type"], "application/zip");
    assert!(saved.text() == "tea".repeat(100_000), "{} bytes", saved.body.len());
    assert_eq!(theo.get("/history.zip?since=yesterday").await.status, 400);
    assert!(theo.get("/history").await.text().contains("/history.zip?"));
    let vera = served.person("vera", Role::Viewer).await;
    assert_eq!(vera.get("/history.zip?sku=tea").await.status, 403);
    assert!(!vera.get("/history").await.text().contains("/history.zip?"));
}
