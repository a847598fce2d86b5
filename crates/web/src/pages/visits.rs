//! The inspection list.

use askama::Template;
use weighbridge_reports::unexplained as said;

use super::sight;
use crate::access::Action;
use crate::answer::{Answer, Answered};
use crate::ask::{Ask, encoded};
use crate::frame::{Frame, rendered};
use crate::state::Server;

#[derive(Template)]
#[template(path = "visits.html")]
struct VisitsPage<'a> {
    f: Frame<'a>,
    judged: bool,
    head: Vec<String>,
    visits: Vec<VisitView>,
}

struct VisitView {
    href: String,
    head: String,
    lines: Vec<String>,
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let f = Frame::new(server, ask, t.word("title-visits"));
    let Some(judged) = server.judged.last() else {
        let page = VisitsPage {
            f,
            judged: false,
            head: Vec::new(),
            visits: Vec::new(),
        };
        return Ok(Answer::Page(rendered(&page)));
    };
    let account = server.account();
    let books = account.books();
    let sight = sight(ask, Action::ReadVisits, &account, server)?;
    let list = judged.inspection.visits.iter();
    let list = list.filter(|v| sight.sees_code(books, &v.holder));
    let visits = list
        .map(|v| {
            let text = said::visits::visit(v, t);
            let mut lines = text.lines().map(|l| l.trim().to_owned());
            VisitView {
                href: format!("/holders/{}", encoded(&v.holder)),
                head: lines.next().unwrap_or_default(),
                lines: lines.collect(),
            }
        })
        .collect();
    let mut head = said::head(&judged.inspection.calibration, judged.on, t);
    head.push(t.word("inspect-head"));
    let page = VisitsPage {
        f,
        judged: true,
        head,
        visits,
    };
    Ok(Answer::Page(rendered(&page)))
}
