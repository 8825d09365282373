//! Holds over real HTTPS: who may set and lift them, and what the log says of it.

use super::*;

const TEA: [(&str, &str); 4] =
    [("sku", " tea "), ("lot", ""), ("why", "torn <bags>"), ("hours", "8")];

#[tokio::test]
async fn a_technician_sets_a_hold_sees_what_it_did_and_lifts_it_and_the_log_says_so() {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    let set = theo.post("/holds/set", &TEA).await;
    assert_eq!(set.status, 303, "{}", set.text());
    let page = theo.get("/holds").await.text();
    for told in [
        "On hold: All items of tea.",
        "All items of tea",
        "torn &#60;bags&#62;",
        "theo",
        "Had 3 kept items",
        "Ends on",
    ] {
        assert!(page.contains(told), "the page lacks `{told}`: {page}");
    }
    let of_api = theo.get("/api/holds").await;
    let of_api: serde_json::Value = serde_json::from_slice(&of_api.body).unwrap();
    assert_eq!(of_api["holds"][0]["sku"], "tea");
    assert_eq!(of_api["holds"][0]["expires_at"], "1970-01-01T08:00:00Z");
    assert_eq!(of_api["suspects"][0]["failed"], 5);
    let id = of_api["holds"][0]["id"].as_str().unwrap().to_owned();

    let without = theo.post("/holds/lift", &[("id", &id), ("why", " ")]).await;
    assert_eq!(without.status, 422, "nobody would know why");
    let lifted = theo.post("/holds/lift", &[("id", &id), ("why", "bags replaced")]).await;
    assert_eq!(lifted.status, 303, "{}", lifted.text());
    let next = lifted.headers["location"].to_str().unwrap();
    assert!(next.ends_with("&hours=8"), "it would last as long again: {next}");
    assert!(!theo.get("/holds").await.text().contains("On hold: "), "it is told once");
    let again = theo.get(next).await.text();
    assert!(again.contains("Set it again"), "a wrong touch is undone by another one: {again}");
    assert!(served.the_box.holds.lock().unwrap().is_empty());
    let again = theo.post("/holds/lift", &[("id", &id), ("why", "twice")]).await;
    assert_eq!(again.status, 422, "somebody else was faster");

    let log = served.people().audit(None, 9).unwrap();
    let told = |what: &str| log.iter().find(|entry| entry.what == what).expect("it is in the log");
    assert!(told("hold set").after.starts_with("torn <bags>"), "{log:?}");
    assert_eq!(
        (told("hold lifted").who.as_str(), told("hold lifted").after.as_str()),
        ("theo", "bags replaced")
    );
    assert!(told("hold lifted").subject.starts_with("tea, page-"), "{log:?}");
}

#[tokio::test]
async fn a_hold_without_sku_or_reason_or_that_the_box_refuses_is_not_set_and_nothing_written_is_lost()
 {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    for (fields, told) in [
        ([("sku", ""), ("why", "torn bags")], "Write the SKU and why"),
        ([("sku", "tea-17"), ("why", "  ")], "Write the SKU and why"),
        ([("sku", "refused"), ("why", "torn bags")], "too many holds; lift some"),
    ] {
        let answer = theo.post("/holds/set", &fields).await;
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.text().contains(told), "{}", answer.text());
        for (_, written) in fields {
            assert!(
                answer.text().contains(&format!("value=\"{}\"", written.trim())),
                "{written} is lost"
            );
        }
    }
    assert!(served.the_box.holds.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_viewer_sees_holds_and_changes_none() {
    let served = served().await;
    let vera = served.person("vera", Role::Viewer).await;
    let page = vera.get("/holds").await.text();
    assert!(!page.contains("/holds/set") && page.contains("5 of 12 items failed"), "{page}");
    assert_eq!(vera.post("/holds/set", &TEA).await.status, 403);
    assert_eq!(vera.post("/holds/lift", &[("id", "page-0")]).await.status, 403);
    assert_eq!(
        served
            .client
            .clone()
            .with_token(served.token())
            .post("/holds/set", &TEA, &[])
            .await
            .unwrap()
            .status,
        403
    );
    assert!(served.the_box.holds.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_hold_of_a_sku_that_the_box_does_not_know_is_set_when_somebody_means_it() {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    assert!(theo.get("/holds").await.text().contains("<option value=\"tea\">"), "to choose from");
    let fields = [("sku", "Tea"), ("why", "torn bags")];
    let asked = theo.post("/holds/set", &fields).await;
    assert_eq!(asked.status, 422, "{}", asked.text());
    for told in ["called Tea", "Did you mean: tea?", "value=\"torn bags\"", "name=\"sure\""] {
        assert!(asked.text().contains(told), "the page lacks `{told}`: {}", asked.text());
    }
    assert!(served.the_box.holds.lock().unwrap().is_empty());
    let sure = theo.post("/holds/set", &[fields[0], fields[1], ("sure", "yes")]).await;
    assert_eq!(sure.status, 303, "{}", sure.text());
    assert_eq!(served.the_box.holds.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_sets_a_hold_hears_that_the_disk_has_not_taken_it() {
    let served = served().await;
    let theo = served.person("theo", Role::Technician).await;
    let told = "The disk has not taken this yet";
    assert_eq!(theo.post("/holds/set", &TEA).await.status, 303);
    assert!(!theo.get("/holds").await.text().contains(told));
    let set = theo.post("/holds/set", &[("sku", "unstored"), ("why", "torn bags")]).await;
    assert_eq!(set.status, 303, "{}", set.text());
    assert!(theo.get("/holds").await.text().contains(told));
}
