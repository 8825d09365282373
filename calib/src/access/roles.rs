//! Roles and what they may do. A role has every right of the roles below it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a person may do on the page.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks at the line, and changes nothing but the own password.
    Viewer,
    /// Works at the line: holds, labels, references.
    Technician,
    /// Answers for the line: settings, people, the audit log.
    Engineer,
}

/// What an address of the page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// See the line.
    See,
    /// Change the own password, and end the own session.
    KeepOwnAccount,
    /// Change what the line does today: holds, labels, references.
    Operate,
    /// Change settings of the line.
    Configure,
    /// Change people, and read who changed what.
    Administer,
}

impl Role {
    /// Every role, the one with the fewest rights first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Technician, Self::Engineer];

    /// The role's name in forms, JSON and the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Technician => "technician",
            Self::Engineer => "engineer",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether the role has the right.
    pub const fn may(self, right: Right) -> bool {
        match (right, self) {
            (Right::See | Right::KeepOwnAccount, _)
            | (Right::Operate, Self::Technician)
            | (_, Self::Engineer) => true,
            (Right::Operate, Self::Viewer)
            | (Right::Configure | Right::Administer, Self::Viewer | Self::Technician) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_only_looks_a_technician_operates_and_an_engineer_does_all() {
        let own = [Right::See, Right::KeepOwnAccount];
        let rights = [own[0], own[1], Right::Operate, Right::Configure, Right::Administer];
        let of = |role: Role| rights.map(|right| role.may(right));
        assert_eq!(of(Role::Viewer), [true, true, false, false, false]);
        assert_eq!(of(Role::Technician), [true, true, true, false, false]);
        assert_eq!(of(Role::Engineer), [true, true, true, true, true]);
    }

    #[test]
    fn a_role_is_found_by_its_name_and_by_no_other() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        for name in ["", "Viewer", "engineer ", "root"] {
            assert_eq!(Role::named(name), None, "{name}");
        }
    }
}
