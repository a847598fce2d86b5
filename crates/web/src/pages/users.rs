//! Users: who may sign in, and what for. Dangerous, so that a fresh sign-in is asked for.

use askama::Template;
use weighbridge_reports::Texts;

use super::caller;
use crate::access::{Role, Scope, Standing};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, encoded};
use crate::frame::{Frame, rendered};
use crate::state::Server;
use crate::users::{Open, User, UserError};

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage<'a> {
    f: Frame<'a>,
    users: Vec<UserView>,
    roles: Vec<(&'static str, String)>,
    problem: String,
    link: String,
    login: String,
    scope: String,
}

struct UserView {
    login: String,
    href: String,
    standings: String,
    ways: String,
    disabled: bool,
    is_me: bool,
}

/// A scope in words.
pub(crate) fn scope(scope: &Scope, t: &Texts) -> String {
    match scope {
        Scope::All => t.word("web-scope_all"),
        Scope::Area(area) => t.say("web-scope_area", &[("area", area.into())]),
        Scope::Holder(code) => t.say("web-scope_holder", &[("holder", code.into())]),
    }
}

/// Everybody.
pub(crate) fn all(server: &Server, ask: &Ask) -> Answered {
    Ok(Answer::Page(shown(
        server,
        ask,
        String::new(),
        String::new(),
    )?))
}

fn shown(server: &Server, ask: &Ask, problem: String, link: String) -> Result<String, Refusal> {
    let (t, me) = (server.texts(ask.lang), caller(ask)?);
    let view = |u: User| UserView {
        href: format!("/users/{}", encoded(&u.login)),
        standings: u
            .standings
            .iter()
            .map(|s| {
                format!(
                    "{} · {}",
                    t.code("web_role", s.role.code()),
                    scope(&s.scope, t)
                )
            })
            .collect::<Vec<_>>()
            .join("; "),
        ways: match (u.has_password, u.has_totp) {
            (false, _) => t.word("web-by_link"),
            (true, false) => t.word("web-by_password"),
            (true, true) => t.word("web-by_both"),
        },
        disabled: u.disabled,
        is_me: u.id == me.user.id,
        login: u.login,
    };
    let page = UsersPage {
        f: Frame::new(server, ask, t.word("web-users")),
        users: server.users.all()?.into_iter().map(view).collect(),
        roles: Role::ALL
            .into_iter()
            .map(|r| (r.code(), t.code("web_role", r.code())))
            .collect(),
        problem,
        link,
        login: ask.field("login").to_owned(),
        scope: ask.field("scope").to_owned(),
    };
    Ok(rendered(&page))
}

/// Adds somebody and shows the link once.
pub(crate) fn add(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let standing = Role::from_code(ask.field("role")).zip(Scope::from_text(ask.field("scope")));
    let standing = standing
        .map(|(role, scope)| Standing { role, scope })
        .filter(Standing::is_sound);
    let Some(standing) = standing else {
        return Ok(Answer::Again(shown(
            server,
            ask,
            t.word("web-scope_wrong"),
            String::new(),
        )?));
    };
    if let Scope::Holder(code) = &standing.scope
        && server.account().books().registry.by_code(code).is_none()
    {
        return Ok(Answer::Again(shown(
            server,
            ask,
            t.word("web-holder_unknown"),
            String::new(),
        )?));
    }
    let id = match server
        .users
        .add(ask.field("login"), ask.lang, &[standing], ask.now_us)
    {
        Ok(id) => id,
        Err(error @ (UserError::Taken | UserError::Login)) => {
            let said = t.word(&format!("web_user-{}", error.code()));
            return Ok(Answer::Again(shown(server, ask, said, String::new())?));
        }
        Err(error) => return Err(error.into()),
    };
    let link = server.users.make_link(id, ask.now_us)?.path();
    Ok(Answer::Page(shown(server, ask, String::new(), link)?))
}

/// A new link, an end, another beginning.
pub(crate) fn change(server: &Server, ask: &Ask) -> Answered {
    let user = match server.users.by_login(ask.param(0)) {
        Err(UserError::Unknown) => return Err(Refusal::Absent),
        other => other?,
    };
    let is_me = user.id == caller(ask)?.user.id;
    match ask.field("do") {
        "link" => {
            let link = server.users.make_link(user.id, ask.now_us)?.path();
            return Ok(Answer::Page(shown(server, ask, String::new(), link)?));
        }
        "forget_code" => server.users.drop_totp(user.id)?,
        // Nobody shuts the door behind themselves.
        "close" if !is_me => server.users.set_open(user.id, Open::Closed)?,
        "open" => server.users.set_open(user.id, Open::Open)?,
        _ => return Err(Refusal::Bad("form", String::new())),
    }
    Ok(Answer::Go("/users".to_owned()))
}
