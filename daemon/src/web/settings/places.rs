//! Where in a line file a key or a table stands, by its path: `camera.0.fps`.

use crate::declared::Section;

/// One step on the way from the top.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The section's name within the one before.
    pub name: String,
    /// Which of its tables, where it is repeated.
    pub index: Option<usize>,
}

/// A key or a table that the declaration knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The tables on the way.
    pub steps: Vec<Step>,
    /// The key in the last one; none for the table itself.
    pub key: Option<String>,
}

impl Place {
    /// The place of that path.
    pub fn find(path: &str, declared: &[Section]) -> Result<Self, String> {
        let unknown =
            || format!("the line file has no key or section `{path}`; load the page again");
        let mut steps: Vec<Step> = Vec::new();
        let mut name = String::new();
        let mut section: Option<&Section> = None;
        let mut parts = path.split('.').peekable();
        while let Some(part) = parts.next() {
            let inner = if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
            if let Some(found) = declared.iter().find(|one| one.name == inner) {
                let index = match found.repeated {
                    true => Some(parts.next().and_then(number).ok_or_else(unknown)?),
                    false => None,
                };
                steps.push(Step { name: part.to_owned(), index });
                (name, section) = (inner, Some(found));
                continue;
            }
            let is_key = section.is_some_and(|one| one.keys.iter().any(|key| key.name == part));
            return match parts.next() {
                None if is_key => Ok(Self { steps, key: Some(part.to_owned()) }),
                _ => Err(unknown()),
            };
        }
        if steps.is_empty() { Err(unknown()) } else { Ok(Self { steps, key: None }) }
    }

    /// The name of its section, as declared.
    pub fn section(&self) -> String {
        let names: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
        names.join(".")
    }
}

fn number(part: &str) -> Option<usize> {
    // Four digits are more than any section may be repeated.
    part.parse().ok().filter(|_| part.len() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LineFile;
    use crate::declared::sections;

    #[test]
    fn places_are_found_as_declared_and_nowhere_else() {
        let declared = sections(&schemars::schema_for!(LineFile).to_value());
        let find = |path: &str| Place::find(path, &declared);
        let place = find("conveyor.diverter.1.fall_back.late").unwrap();
        assert_eq!(place.section(), "conveyor.diverter.fall_back");
        assert_eq!(place.key.as_deref(), Some("late"));
        assert_eq!(place.steps[1].index, Some(1));
        assert_eq!(find("camera.0").unwrap().steps[0].index, Some(0));
        assert_eq!(find("fleet").unwrap().key, None);
        for wrong in [
            "",
            ".",
            "camera",
            "camera.x.fps",
            "camera.-1.fps",
            "camera.99999.fps",
            "line.0.name",
            "line.nonsense",
            "line.name.more",
            "nonsense",
            "policy.",
        ] {
            assert!(find(wrong).is_err(), "{wrong}");
        }
    }
}
