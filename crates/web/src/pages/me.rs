//! The own account: language, password, second factor, sessions.

use askama::Template;
use weighbridge_measure::Timestamp;
use weighbridge_reports::Lang;

use super::caller;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::state::Server;
use crate::users::{PASSWORD_MIN, SessionId, UserError, Users};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage<'a> {
    f: Frame<'a>,
    standings: Vec<String>,
    has_password: bool,
    has_totp: bool,
    offer: String,
    url: String,
    problem: String,
    sessions: Vec<SessionView>,
    minimum: usize,
}

struct SessionView {
    id: String,
    agent: String,
    seen: String,
    is_this: bool,
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    Ok(Answer::Page(shown(server, ask, String::new(), None)?))
}

fn shown(
    server: &Server,
    ask: &Ask,
    problem: String,
    offered: Option<String>,
) -> Result<String, Refusal> {
    let (t, me) = (server.texts(ask.lang), caller(ask)?);
    let offer = Users::offer_totp(&me.user)?;
    let time = |us| Timestamp::from_micros(us).to_string();
    let sessions = server.users.sessions_of(me.user.id, ask.now_us)?;
    let page = MePage {
        f: Frame::new(server, ask, t.word("web-me")),
        standings: me
            .user
            .standings
            .iter()
            .map(|s| {
                format!(
                    "{} · {}",
                    t.code("web_role", s.role.code()),
                    super::users::scope(&s.scope, t)
                )
            })
            .collect(),
        has_password: me.user.has_password,
        has_totp: me.user.has_totp,
        url: if offered.is_none() {
            offer.url
        } else {
            String::new()
        },
        offer: offered.unwrap_or(offer.base32),
        problem,
        sessions: sessions
            .into_iter()
            .map(|s| SessionView {
                is_this: s.id == me.session.id,
                id: s.id.0,
                agent: s.agent,
                seen: time(s.seen_us),
            })
            .collect(),
        minimum: PASSWORD_MIN,
    };
    Ok(rendered(&page))
}

/// Sets the language.
pub(crate) fn language(server: &Server, ask: &Ask) -> Answered {
    let lang = Lang::of_locale(ask.field("lang")).ok_or(Refusal::Absent)?;
    server.users.set_lang(caller(ask)?.user.id, lang)?;
    let back = ask.field("back");
    Ok(Answer::Go(
        if back.is_empty() { "/" } else { back }.to_owned(),
    ))
}

/// Sets a password; other sessions end.
pub(crate) fn password(server: &Server, ask: &Ask) -> Answered {
    let (t, me) = (server.texts(ask.lang), caller(ask)?);
    let given = |name: &str| ask.form.get(name).map_or("", String::as_str).to_owned();
    if given("password") != given("again") {
        return Ok(Answer::Again(shown(
            server,
            ask,
            t.word("web-passwords_differ"),
            None,
        )?));
    }
    match server.users.set_password(&me.user, &given("password")) {
        Ok(()) => {
            server.users.end_others(me.user.id, &me.session.id)?;
            Ok(Answer::Go("/me".to_owned()))
        }
        Err(UserError::Weak) => {
            let args = [("n", PASSWORD_MIN.into())];
            Ok(Answer::Again(shown(
                server,
                ask,
                t.say("web-password_weak", &args),
                None,
            )?))
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes an app's secret as the second factor.
pub(crate) fn second_factor(server: &Server, ask: &Ask) -> Answered {
    let (t, me) = (server.texts(ask.lang), caller(ask)?);
    let secret = ask.field("secret").to_owned();
    if server
        .users
        .set_totp(&me.user, &secret, ask.field("code"), ask.now_us)?
    {
        return Ok(Answer::Go("/me".to_owned()));
    }
    Ok(Answer::Again(shown(
        server,
        ask,
        t.word("web-code_wrong"),
        Some(secret),
    )?))
}

/// Ends one of the own sessions.
pub(crate) fn end_session(server: &Server, ask: &Ask) -> Answered {
    let me = caller(ask)?;
    server
        .users
        .end_session(me.user.id, &SessionId(ask.field("session").to_owned()))?;
    Ok(Answer::Go("/me".to_owned()))
}
