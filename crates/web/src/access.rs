//! Who may do what: one function, asked in front of every use case.
//!
//! A standing is a role within a scope. What lies outside the scope is hidden, not refused: that a holder exists is itself
//! something to know. Absent: roles that somebody could compose; while there are five, a `match` is read by eye, and the
//! whole matrix is a file of the tests.

use std::collections::BTreeSet;
use std::fmt;

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_measure::Date;

/// What somebody is here for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Runs the server: users, sessions, the log. Reads nothing of the books.
    Administrator,
    /// Of the authority: reads an area and decides where to look.
    Officer,
    /// Of the authority: visits places, reads what a visit needs.
    Inspector,
    /// Of a firm: reports for it and reads it.
    Custodian,
    /// Checks the journal: reads what an officer reads, and changes nothing.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [
        Role::Administrator,
        Role::Officer,
        Role::Inspector,
        Role::Custodian,
        Role::Auditor,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Officer => "officer",
            Role::Inspector => "inspector",
            Role::Custodian => "custodian",
            Role::Auditor => "auditor",
        }
    }

    /// The role with a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.code() == code)
    }
}

/// How far a standing reaches.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// All of the account.
    All,
    /// Sites of an area, by the beginning of its code.
    Area(String),
    /// One holder, by its code.
    Holder(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::All => f.write_str("all"),
            Scope::Area(area) => write!(f, "area:{area}"),
            Scope::Holder(code) => write!(f, "holder:{code}"),
        }
    }
}

impl Scope {
    /// The scope of a text: `all`, `area:3301`, `holder:CY-0001`.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Scope> {
        let named = |rest: &str| (!rest.trim().is_empty()).then(|| rest.trim().to_owned());
        match text.split_once(':') {
            None => (text == "all").then_some(Scope::All),
            Some(("area", rest)) => named(rest).map(Scope::Area),
            Some(("holder", rest)) => named(rest).map(Scope::Holder),
            Some(_) => None,
        }
    }
}

/// A role within a scope.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Standing {
    /// The role.
    pub role: Role,
    /// How far it reaches.
    pub scope: Scope,
}

impl Standing {
    /// Whether the two go together: a firm's custodian is one firm's; whoever runs the server runs all of it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match self.role {
            Role::Administrator => self.scope == Scope::All,
            Role::Custodian => matches!(self.scope, Scope::Holder(_)),
            Role::Officer | Role::Inspector | Role::Auditor => {
                !matches!(self.scope, Scope::Holder(_))
            }
        }
    }
}

/// What is asked for. One kind, one line here and one arm below.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Action {
    /// The home page, the own account, help: for everybody who is signed in.
    Own,
    /// Lists of the substances book, cut to what the caller sees.
    ReadBooks,
    /// What is unexplained.
    ReadUnexplained,
    /// The inspection list.
    ReadVisits,
    /// An entry of the journal with its proof.
    ReadEntry,
    /// The journal as such: its head, its checkpoints, its verification.
    ReadJournal,
    /// Send a file or a single row for a holder.
    Submit,
    /// Queries from the authority to firms, with what was written.
    ReadQueries,
    /// Ask a firm, give it more time, close a query.
    AskFirms,
    /// Answer for the firm that is asked.
    AnswerQueries,
    /// Users, their roles and links.
    ManageUsers,
    /// The log of reads and writes.
    ReadAudit,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 12] = [
        Action::Own,
        Action::ReadBooks,
        Action::ReadUnexplained,
        Action::ReadVisits,
        Action::ReadEntry,
        Action::ReadJournal,
        Action::Submit,
        Action::ReadQueries,
        Action::AskFirms,
        Action::AnswerQueries,
        Action::ManageUsers,
        Action::ReadAudit,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Action::Own => "own",
            Action::ReadBooks => "read_books",
            Action::ReadUnexplained => "read_unexplained",
            Action::ReadVisits => "read_visits",
            Action::ReadEntry => "read_entry",
            Action::ReadJournal => "read_journal",
            Action::Submit => "submit",
            Action::ReadQueries => "read_queries",
            Action::AskFirms => "ask_firms",
            Action::AnswerQueries => "answer_queries",
            Action::ManageUsers => "manage_users",
            Action::ReadAudit => "read_audit",
        }
    }
}

/// On what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resource<'a> {
    /// The account as such; lists, which are cut to what the caller sees.
    Account,
    /// A holder, with the areas of its sites.
    Holder {
        /// Its code.
        code: &'a str,
        /// Where its sites are.
        areas: &'a BTreeSet<String>,
    },
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    /// As if it were not there (404).
    Hide,
    /// Not for this role (403).
    Deny,
    /// Yes.
    Allow,
}

impl Verdict {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Verdict::Hide => "hide",
            Verdict::Deny => "deny",
            Verdict::Allow => "allow",
        }
    }
}

/// Whether somebody with these standings may do something.
#[must_use]
pub fn authorize(standings: &[Standing], action: Action, on: Resource<'_>) -> Verdict {
    let fits = standings
        .iter()
        .filter(|s| s.is_sound() && role_may(s.role, action));
    let mut fits = fits.peekable();
    // Everybody has a home page, also who has no role yet.
    if fits.peek().is_none() && action != Action::Own {
        return Verdict::Deny;
    }
    match on {
        Resource::Account => Verdict::Allow,
        Resource::Holder { code, areas } if fits.any(|s| reaches(&s.scope, code, areas)) => {
            Verdict::Allow
        }
        Resource::Holder { .. } => Verdict::Hide,
    }
}

fn role_may(role: Role, action: Action) -> bool {
    use Action::{
        AnswerQueries, AskFirms, ManageUsers, Own, ReadAudit, ReadBooks, ReadEntry, ReadJournal,
        ReadQueries, ReadUnexplained, ReadVisits, Submit,
    };
    match role {
        Role::Administrator => matches!(action, Own | ReadJournal | ManageUsers | ReadAudit),
        Role::Officer => matches!(
            action,
            Own | ReadBooks
                | ReadUnexplained
                | ReadVisits
                | ReadEntry
                | ReadJournal
                | ReadQueries
                | AskFirms
        ),
        Role::Inspector => matches!(action, Own | ReadBooks | ReadUnexplained | ReadVisits),
        Role::Custodian => matches!(
            action,
            Own | ReadBooks
                | ReadUnexplained
                | ReadEntry
                | ReadJournal
                | Submit
                | ReadQueries
                | AnswerQueries
        ),
        Role::Auditor => matches!(
            action,
            Own | ReadBooks | ReadUnexplained | ReadEntry | ReadJournal | ReadQueries | ReadAudit
        ),
    }
}

fn reaches(scope: &Scope, code: &str, areas: &BTreeSet<String>) -> bool {
    match scope {
        Scope::All => true,
        Scope::Area(area) => areas.iter().any(|a| a.starts_with(area.as_str())),
        Scope::Holder(own) => own == code,
    }
}

/// The holders that somebody sees for an action; lists are cut to them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sight {
    /// All of them.
    All,
    /// These.
    Some(BTreeSet<HolderId>),
}

impl Sight {
    /// What the standings see of a register on a day.
    #[must_use]
    pub fn of(standings: &[Standing], action: Action, books: &Books, on: Date) -> Sight {
        let whole =
            |s: &Standing| s.is_sound() && s.scope == Scope::All && role_may(s.role, action);
        if standings.iter().any(whole) {
            return Sight::All;
        }
        // Most are here for one firm, which is found without looking at all others.
        let named: Option<Vec<HolderId>> = standings
            .iter()
            .map(|s| match &s.scope {
                Scope::Holder(code) => Some(books.registry.by_code(code)),
                Scope::All | Scope::Area(_) => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(|found| found.into_iter().flatten().collect());
        let sees = |id: HolderId| {
            let Some(holder) = books.registry.holder(id) else {
                return false;
            };
            let areas = areas(books, id, on);
            let on = Resource::Holder {
                code: &holder.code,
                areas: &areas,
            };
            authorize(standings, action, on) == Verdict::Allow
        };
        let all = || books.registry.holders().map(|(id, _)| id).collect();
        let candidates = named.unwrap_or_else(all).into_iter();
        Sight::Some(candidates.filter(|id| sees(*id)).collect())
    }

    /// Whether a holder is among them.
    #[must_use]
    pub fn sees(&self, holder: HolderId) -> bool {
        match self {
            Sight::All => true,
            Sight::Some(some) => some.contains(&holder),
        }
    }

    /// Whether the holder with a code is among them.
    #[must_use]
    pub fn sees_code(&self, books: &Books, code: &str) -> bool {
        books.registry.by_code(code).is_some_and(|id| self.sees(id))
    }

    /// The only holder, where there is one.
    #[must_use]
    pub fn only(&self) -> Option<HolderId> {
        match self {
            Sight::All => None,
            Sight::Some(some) => some.first().copied().filter(|_| some.len() == 1),
        }
    }
}

/// The areas in which a holder has sites.
#[must_use]
pub fn areas(books: &Books, id: HolderId, on: Date) -> BTreeSet<String> {
    let Some(holder) = books.registry.holder(id) else {
        return BTreeSet::new();
    };
    let own = holder
        .sites
        .iter()
        .filter(|s| books.registry.site_holder(**s, on) == Some(id));
    let sites = own.filter_map(|s| books.registry.site(*s));
    sites
        .map(|s| s.area.clone())
        .filter(|a| !a.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(role: Role, scope: &str) -> Standing {
        Standing {
            role,
            scope: Scope::from_text(scope).unwrap(),
        }
    }

    /// The whole matrix, as people read it.
    #[test]
    fn matrix() {
        let own: BTreeSet<String> = ["330106".to_owned()].into();
        let other: BTreeSet<String> = ["440300".to_owned()].into();
        let mut lines = Vec::new();
        for role in Role::ALL {
            for scope in ["all", "area:3301", "holder:A"] {
                let standings = [standing(role, scope)];
                for action in Action::ALL {
                    let on = [
                        Resource::Account,
                        Resource::Holder {
                            code: "A",
                            areas: &own,
                        },
                        Resource::Holder {
                            code: "B",
                            areas: &other,
                        },
                    ];
                    let verdicts = on.map(|on| authorize(&standings, action, on).code());
                    lines.push(format!(
                        "{:13} {scope:9} {:16} {}",
                        role.code(),
                        action.code(),
                        verdicts.join(" ")
                    ));
                }
            }
        }
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn nobody_may_nothing_but_their_own() {
        for action in Action::ALL {
            let want = if action == Action::Own {
                Verdict::Allow
            } else {
                Verdict::Deny
            };
            assert_eq!(
                authorize(&[], action, Resource::Account),
                want,
                "{action:?}"
            );
        }
    }

    #[test]
    fn scopes_are_texts() {
        for text in ["all", "area:3301", "holder:CY-1:x"] {
            assert_eq!(Scope::from_text(text).unwrap().to_string(), text);
        }
        for text in ["", "area:", "holder: ", "world", "x:y"] {
            assert_eq!(Scope::from_text(text), None, "{text}");
        }
    }
}
