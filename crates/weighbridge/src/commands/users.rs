//! `users`: who may sign in to the pages of an account.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use weighbridge_reports::Table;
use weighbridge_reports::table::{Cell, Column, Kind};
use weighbridge_web::access::{Role, Scope, Standing};

use super::serve::{in_users, link, users};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `users`.
#[derive(Args, Debug)]
pub struct UserList {
    /// Folder of the account.
    pub dir: PathBuf,
    /// Somebody to make a sign-in link for; added where nobody has the name.
    #[arg(long, value_name = "NAME")]
    pub link: Option<String>,
    /// What somebody who is added is here for.
    #[arg(long, value_name = "ROLE", requires = "link", value_parser = PossibleValuesParser::new(Role::ALL.map(Role::code)))]
    pub role: Option<String>,
    /// How far it reaches.
    #[arg(long, value_name = "all|area:CODE|holder:CODE", requires = "link")]
    pub scope: Option<String>,
}

impl UserList {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        if !self
            .dir
            .join(weighbridge_journal::sqlite::DATABASE)
            .exists()
        {
            let error = std::io::ErrorKind::NotFound.into();
            return Err(Trouble::System {
                path: self.dir.join(weighbridge_journal::sqlite::DATABASE),
                error,
            });
        }
        let all = users(&self.dir)?;
        if let Some(login) = &self.link {
            let known = all.by_login(login).is_ok();
            let standing = self.standing(known)?;
            let path = link(&all, &self.dir, login, standing, printer)?;
            if printer.json {
                return printer.object(&serde_json::json!({ "login": login, "path": path }));
            }
            return printer.tell(
                "cli-users-link",
                &[("login", login.into()), ("path", path.into())],
            );
        }
        let columns = [
            Column::new("login", "web-login", Kind::Text),
            Column::new("role", "web-role", Kind::Code("web_role")),
            Column::new("scope", "web-scope", Kind::Text),
            Column::new("closed", "web-closed", Kind::Code("flag")),
        ];
        let mut table = Table::new("users", "web-users", &columns);
        for user in all.all().map_err(in_users(&self.dir))? {
            for s in &user.standings {
                table.rows.push(vec![
                    Cell::text(&user.login),
                    Cell::text(s.role.code()),
                    Cell::text(s.scope.to_string()),
                    Cell::text(if user.disabled { "yes" } else { "no" }),
                ]);
            }
        }
        printer.table(table)
    }

    /// What somebody who is added is here for; of who is there already nothing is changed.
    fn standing(&self, known: bool) -> Result<Standing, Trouble> {
        let role = self.role.as_deref().and_then(Role::from_code);
        let scope = self.scope.as_deref().unwrap_or("all");
        let standing = role
            .zip(Scope::from_text(scope))
            .map(|(role, scope)| Standing { role, scope });
        match standing.filter(Standing::is_sound) {
            Some(standing) => Ok(standing),
            None if known => Ok(Standing {
                role: Role::Auditor,
                scope: Scope::All,
            }),
            None => Err(Trouble::Option {
                option: "--scope",
                given: scope.to_owned(),
                expected: "--role custodian --scope holder:CODE; --role officer --scope all|area:CODE; --role administrator --scope all",
            }),
        }
    }
}
