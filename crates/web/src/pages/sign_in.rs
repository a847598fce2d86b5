//! Signing in and out: by name, password and code, or by a link that an administrator made.

use askama::Template;

use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::state::Server;
use crate::users::{Audited, User};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    f: Frame<'a>,
    problem: String,
    login: &'a str,
    next: String,
    again: bool,
}

/// The form.
pub(crate) fn form(server: &Server, ask: &Ask) -> Answered {
    let again = ask.query("again").is_some();
    if ask.caller.is_some() && !again {
        return Ok(Answer::Go("/".to_owned()));
    }
    Ok(Answer::Page(page(server, ask, String::new())))
}

fn page(server: &Server, ask: &Ask, problem: String) -> String {
    let t = server.texts(ask.lang);
    let next = ask.form.get("next").or_else(|| ask.query.get("next"));
    let again = ask.caller.is_some();
    let page = SignIn {
        f: Frame::new(server, ask, t.word("web-sign_in")),
        problem,
        login: match &ask.caller {
            Some(caller) => &caller.user.login,
            None => ask.field("login"),
        },
        next: next.cloned().unwrap_or_default(),
        again,
    };
    rendered(&page)
}

/// Signs in. Whatever was wrong, the answer says and takes the same.
pub(crate) fn enter(server: &Server, ask: &Ask) -> Answered {
    let (users, t) = (&server.users, server.texts(ask.lang));
    let login = ask.field("login");
    let wait = users.must_wait_us(login, ask.now_us)?;
    if wait > 0 {
        let seconds = wait / 1_000_000 + 1;
        return Ok(Answer::Again(page(
            server,
            ask,
            t.say("web-wait", &[("n", seconds.into())]),
        )));
    }
    let password = ask.form.get("password").map_or("", String::as_str);
    let checked = server.signing_in(|| {
        // Counted before it is looked at, so that many at once do not slip through together.
        users.failed(login, ask.now_us)?;
        users.with_password(login, password)
    });
    let Some(user) = checked else {
        let wait = t.say("web-wait", &[("n", 1u32.into())]);
        return Ok(Answer::Again(page(server, ask, wait)));
    };
    let user = user?;
    let user = match user {
        Some(user) if user.has_totp && !users.use_code(&user, ask.field("code"), ask.now_us)? => {
            None
        }
        other => other,
    };
    // Who signs in again stays who they are.
    let user = user.filter(|u| ask.caller.as_ref().is_none_or(|c| c.user.id == u.id));
    let Some(user) = user else {
        let known = users.by_login(login).map(|u| u.login).unwrap_or_default();
        audit(server, ask, known, "failed")?;
        return Ok(Answer::Again(page(server, ask, t.word("web-wrong"))));
    };
    users.succeeded(login)?;
    begin(server, ask, &user)
}

/// Begins a session. The one before it ends: nobody can have set its cookie.
fn begin(server: &Server, ask: &Ask, user: &User) -> Answered {
    if let Some(before) = &ask.caller {
        server
            .users
            .end_session(before.user.id, &before.session.id)?;
    }
    let cookie = server
        .users
        .start_session(user.id, &ask.agent, ask.now_us)?;
    audit(server, ask, user.login.clone(), "allow")?;
    let next = ask.field("next");
    let to = if next.is_empty() { "/" } else { next };
    Ok(Answer::Enter {
        cookie,
        to: to.to_owned(),
    })
}

/// Writes a sign-in down; of names that nobody has, no name: it may be a password in the wrong field.
fn audit(server: &Server, ask: &Ask, login: String, verdict: &str) -> Result<(), Refusal> {
    let line = Audited {
        at_us: ask.now_us,
        login,
        action: "sign_in".to_owned(),
        resource: String::new(),
        verdict: verdict.to_owned(),
        request: ask.id.clone(),
    };
    Ok(server.users.audit(&line)?)
}

#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage<'a> {
    f: Frame<'a>,
    login: String,
}

/// What a link is for. It is used by the button, so that what only looks at it (a preview, a scanner) does not use it up.
pub(crate) fn link(server: &Server, ask: &Ask) -> Answered {
    let user = server.users.link_holds(ask.param(0), ask.now_us)?;
    let user = user.ok_or(Refusal::Bad("link", String::new()))?;
    let t = server.texts(ask.lang);
    let page = LinkPage {
        f: Frame::new(server, ask, t.word("web-sign_in")),
        login: user.login,
    };
    Ok(Answer::Page(rendered(&page)))
}

/// Uses a link.
pub(crate) fn use_link(server: &Server, ask: &Ask) -> Answered {
    let user = server.users.use_link(ask.param(0), ask.now_us)?;
    let user = user.ok_or(Refusal::Bad("link", String::new()))?;
    begin(server, ask, &user)
}

/// Ends the session.
pub(crate) fn leave(server: &Server, ask: &Ask) -> Answered {
    let caller = super::caller(ask)?;
    server
        .users
        .end_session(caller.user.id, &caller.session.id)?;
    Ok(Answer::Leave)
}
