//! Thresholds over real HTTPS: everybody sees what a budget would do, an engineer changes it.

use serde_json::json;

use super::*;

#[tokio::test]
async fn an_engineer_changes_the_budget_with_a_reason_and_nobody_else_does() {
    let served = served().await;
    let fields = [("budget", "0.01"), ("reason", "too many good ones")];
    for (name, role) in [("vera", Role::Viewer), ("theo", Role::Technician)] {
        let browser = served.person(name, role).await;
        let page = browser.get("/thresholds").await.text();
        assert!(page.contains("id=\"slider\"") && !page.contains("name=\"budget\""), "{page}");
        assert_eq!(browser.post("/thresholds", &fields).await.status, 403, "{name}");
    }
    let anna = served.person("anna", Role::Engineer).await;
    let told = anna.get("/api/thresholds").await;
    let told: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told["recent"], 17);
    assert_eq!(anna.post("/thresholds", &fields).await.status, 303);
    let page = anna.get("/thresholds").await.text();
    assert!(page.contains("At most 1 % of good items"), "{page}");
    let saved = served.the_box.settings.saved.lock().unwrap().clone();
    let (changes, by) = &saved[0];
    assert_eq!(
        (changes[0].key.as_str(), &changes[0].value),
        ("policy.false_divert_budget", &json!(0.01))
    );
    assert_eq!((by.who.as_str(), by.reason.as_str()), ("anna", "too many good ones"));
    let log = served.people().audit(None, 3).unwrap();
    assert_eq!(
        (log[0].what.as_str(), log[0].subject.as_str()),
        ("settings saved", "too many good ones")
    );
    let of_the_budget = log.iter().find(|entry| entry.subject == "policy.false_divert_budget");
    let entry = of_the_budget.expect("each key has an entry of its own");
    assert_eq!(
        (entry.what.as_str(), entry.before.as_str(), entry.after.as_str()),
        ("setting changed", "0.005", "0.01")
    );
    let shown = anna.get("/audit").await.text();
    assert!(shown.contains("0.005 → 0.01"), "{shown}");
}

#[tokio::test]
async fn a_budget_that_is_no_number_or_that_the_line_file_refuses_changes_nothing() {
    let served = served().await;
    let anna = served.person("anna", Role::Engineer).await;
    let without = anna.post("/thresholds", &[("budget", "0.01"), ("reason", "  ")]).await;
    assert_eq!(without.status, 422);
    for (budget, told) in
        [("", "Choose a budget"), ("NaN", "Choose a budget"), ("7", "no diverter serves lane 7")]
    {
        let answer = anna.post("/thresholds", &[("budget", budget), ("reason", "why not")]).await;
        assert_eq!(answer.status, 422, "{budget}");
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    assert!(served.the_box.settings.saved.lock().unwrap().is_empty());
}
