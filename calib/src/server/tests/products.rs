//! Products over real HTTPS: found, shown, and changed by those who may.

use super::*;

#[tokio::test]
async fn products_are_found_and_shown_with_their_pictures() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let list = vera.get("/products").await.text();
    assert!(list.contains("60 of 300 products are shown"), "{list}");
    let list = vera.get("/products?sku=tea").await.text();
    for told in [
        "Learning: 5 of 8",
        "from 5 items; 1 differed",
        "two of &#60;its&#62; views",
        "href=\"/products/tea\"",
    ] {
        assert!(list.contains(told), "the list lacks `{told}`: {list}");
    }
    let one = vera.get("/products/tea").await.text();
    for told in [
        "Camera side: 5 normal pictures",
        "About 80 % of the ways",
        "Left out, since they differ (1)",
        "3.0 MiB",
    ] {
        assert!(one.contains(told), "the page lacks `{told}`: {one}");
    }
    assert!(!one.contains("/forget"), "a viewer finds nothing to change");
    assert_eq!(vera.get("/products/tea/pictures/boot-1/side").await.text(), "small");
    for absent in ["/products/coffee", "/products/..%2Ftea", "/products/tea/pictures/boot-9/side"] {
        assert_eq!(vera.get(absent).await.status, 404, "{absent}");
    }
    let of_api = vera.get("/api/products?limit=2").await;
    let of_api: serde_json::Value = serde_json::from_slice(&of_api.body).unwrap();
    assert_eq!(
        (&of_api["total"], &of_api["products"][0]["state"]),
        (&300.into(), &"learning".into())
    );
    assert_eq!(vera.get("/api/products/tea").await.status, 200);
}

#[tokio::test]
async fn a_technician_changes_a_product_and_the_log_says_so_and_a_viewer_does_not() {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    let changes = |served: &Served| served.the_box.changes.lock().unwrap().clone();
    let path = |change: &str| format!("/products/green%20tea/{change}");
    let again = theo.post(&path("learn-again"), &[]).await;
    assert_eq!(again.status, 303, "{}", again.text());
    assert_eq!(again.headers["location"], "/products/green%20tea");
    let page = theo.get("/products/green%20tea").await.text();
    assert!(page.contains("green tea is being learned again"), "{page}");
    assert_eq!(theo.post(&path("forget-item"), &[("item", "boot-1")]).await.status, 303);
    assert_eq!(theo.post(&path("unpin"), &[]).await.status, 303);
    assert_eq!(theo.post(&path("forget"), &[]).await.headers["location"], "/products");
    let pinned = theo.post(&path("pin"), &[]).await;
    assert_eq!(pinned.status, 422);
    assert!(pinned.text().contains("let more items pass"), "{}", pinned.text());
    assert_eq!(theo.post("/products/coffee/forget", &[]).await.status, 404);
    let wanted = [
        ProductChange::LearnAgain,
        ProductChange::ForgetItem("boot-1".to_owned()),
        ProductChange::Unpin,
        ProductChange::Forget,
    ];
    assert_eq!(changes(&served), wanted.map(|change| ("green tea".to_owned(), change)));
    let log = served.people().audit(None, 9).unwrap();
    let told: Vec<&str> = log.iter().map(|entry| entry.what.as_str()).collect();
    for what in [
        "product forgotten",
        "product unpinned",
        "item of a product forgotten",
        "product learned again",
    ] {
        assert!(told.contains(&what), "{told:?}");
    }

    let vera = served.person("vera", Role::Viewer).await;
    for change in ["forget", "forget-item", "learn-again", "pin", "unpin"] {
        assert_eq!(vera.post(&path(change), &[("item", "boot-1")]).await.status, 403, "{change}");
    }
    assert_eq!(changes(&served).len(), 4);
}
