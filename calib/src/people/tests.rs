use super::*;

const BOX: By<'static> = By { who: "inspectctl", address: "" };

fn people() -> (tempfile::TempDir, People) {
    let store = tempfile::tempdir().unwrap();
    let people = People::open(&StateFolder::below(store.path())).unwrap();
    (store, people)
}

fn now() -> Timestamp {
    "2027-03-01T10:00:00Z".parse().unwrap()
}

fn password() -> Hashed {
    Hashed::kept("$argon2id$not one".to_owned())
}

#[test]
fn the_first_engineer_is_added_once() {
    let (_store, mut people) = people();
    assert!(people.needs_set_up().unwrap());
    people.add(BOX, "vera", Role::Viewer, &password(), now()).unwrap();
    assert!(people.needs_set_up().unwrap(), "a viewer cannot add anybody");
    people.add_first_engineer(BOX, "Anna", &password(), now()).unwrap();
    assert!(!people.needs_set_up().unwrap());
    let second = people.add_first_engineer(BOX, "eve", &password(), now());
    assert!(matches!(second, Err(PeopleError::IsSetUp)));
    assert!(people.find("eve").unwrap().is_none());
}

#[test]
fn a_name_is_one_persons_whatever_its_case() {
    let (_store, mut people) = people();
    people.add(BOX, "Anna", Role::Engineer, &password(), now()).unwrap();
    let again = people.add(BOX, "anna", Role::Viewer, &password(), now());
    assert!(matches!(again, Err(PeopleError::Taken(_))));
    assert_eq!(people.find("ANNA").unwrap().unwrap().role, Role::Engineer);
    let long = "x".repeat(41);
    for name in ["", "a b", "<b>", "a/b", "a\nb", &long] {
        let refused = people.add(BOX, name, Role::Viewer, &password(), now());
        assert!(matches!(refused, Err(PeopleError::Name)), "{name}");
    }
}

#[test]
fn the_last_engineer_stays_one() {
    let (_store, mut people) = people();
    people.add(BOX, "anna", Role::Engineer, &password(), now()).unwrap();
    let gone = people.remove(BOX, "anna", now());
    assert!(matches!(gone, Err(PeopleError::LastEngineer(_))));
    let less = people.set_role(BOX, "anna", Role::Technician, now());
    assert!(matches!(less, Err(PeopleError::LastEngineer(_))));
    people.set_role(BOX, "anna", Role::Engineer, now()).unwrap();
    people.add(BOX, "bert", Role::Engineer, &password(), now()).unwrap();
    people.remove(BOX, "anna", now()).unwrap();
    assert!(matches!(people.remove(BOX, "anna", now()), Err(PeopleError::Unknown(_))));
}

#[test]
fn a_change_of_password_or_role_is_another_generation_and_a_namesake_is_too() {
    let (_store, mut people) = people();
    let generation =
        |people: &People| people.find("vera").unwrap().map_or(0, |person| person.generation);
    people.add(BOX, "anna", Role::Engineer, &password(), now()).unwrap();
    people.add(BOX, "vera", Role::Viewer, &password(), now()).unwrap();
    let mut seen = vec![generation(&people)];
    people.set_password(BOX, "vera", &password(), now()).unwrap();
    seen.push(generation(&people));
    people.set_role(BOX, "VERA", Role::Technician, now()).unwrap();
    seen.push(generation(&people));
    people.remove(BOX, "vera", now()).unwrap();
    let later = now() + jiff::SignedDuration::from_secs(1);
    people.add(BOX, "vera", Role::Viewer, &password(), later).unwrap();
    seen.push(generation(&people));
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
}

#[test]
fn every_change_is_in_the_log_and_no_password_is() {
    let (_store, mut people) = people();
    let anna = By { who: "anna", address: "10.0.0.5" };
    people.add_first_engineer(BOX, "anna", &password(), now()).unwrap();
    people.add(anna, "vera", Role::Viewer, &password(), now()).unwrap();
    people.set_role(anna, "vera", Role::Technician, now()).unwrap();
    people.set_password(anna, "vera", &password(), now()).unwrap();
    _ = people.set_role(anna, "nobody", Role::Viewer, now());
    people.remove(anna, "vera", now()).unwrap();
    let told: Vec<_> = people.audit(None, 100).unwrap();
    let lines: Vec<String> = told
        .iter()
        .map(|e| format!("{} {} {}: {}>{}", e.who, e.what, e.subject, e.before, e.after))
        .collect();
    assert_eq!(
        lines,
        [
            "anna person removed vera: technician>",
            "anna password changed vera: >",
            "anna role changed vera: viewer>technician",
            "anna person added vera: >viewer",
            "inspectctl first engineer added anna: >engineer",
        ]
    );
    assert!(told.iter().all(|entry| entry.at == now()));
    assert_eq!(told[0].address, "10.0.0.5");
    let older = people.audit(Some(told[1].id), 2).unwrap();
    assert_eq!(older, told[2..4]);
}

#[test]
fn two_programs_see_each_others_changes() {
    let (store, mut people) = people();
    let mut other = People::open(&StateFolder::below(store.path())).unwrap();
    other.add(BOX, "anna", Role::Engineer, &password(), now()).unwrap();
    assert_eq!(people.list().unwrap().len(), 1);
    people.set_password(BOX, "anna", &password(), now()).unwrap();
    let before = people.find("anna").unwrap().unwrap().generation;
    assert_eq!(other.find("anna").unwrap().unwrap().generation, before);
}

#[test]
fn the_database_of_a_newer_program_is_left_alone() {
    let (store, people) = people();
    people.db.pragma_update(None, "user_version", 99).unwrap();
    let told = People::open(&StateFolder::below(store.path())).unwrap_err();
    assert!(matches!(told, PeopleError::Newer { found: 99, .. }), "{told}");
}
