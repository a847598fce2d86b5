//! Help: what each page is for, in a paragraph each.

use askama::Template;

use crate::answer::{Answer, Answered};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::state::Server;

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage<'a> {
    f: Frame<'a>,
    topics: Vec<(String, String, String, &'static str)>,
}

/// The page: of every place that the caller has.
pub(crate) fn all(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let f = Frame::new(server, ask, t.word("web-help"));
    let topics = f
        .places
        .iter()
        .map(|p| {
            let name = p.path.trim_start_matches('/');
            let name = if name.is_empty() { "home" } else { name };
            (
                name.to_owned(),
                p.label.clone(),
                t.word(&format!("web_help-{name}")),
                p.path,
            )
        })
        .collect();
    Ok(Answer::Page(rendered(&HelpPage { f, topics })))
}
