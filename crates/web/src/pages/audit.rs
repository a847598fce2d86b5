//! The log: who did what, and who read what is sensitive.

use weighbridge_measure::Timestamp;
use weighbridge_reports::Table;
use weighbridge_reports::table::{Cell, Column, Kind};

use crate::answer::Answered;
use crate::ask::Ask;
use crate::limits::AUDIT_SHOWN;
use crate::listing::{List, answer};
use crate::state::Server;

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let columns = [
        Column::new("at", "web-when", Kind::Time),
        Column::new("login", "web-login", Kind::Text),
        Column::new("action", "web-action", Kind::Code("web_action")),
        Column::new("resource", "web-page", Kind::Text),
        Column::new("verdict", "web-verdict", Kind::Code("web_verdict")),
        Column::new("request", "web-request", Kind::Text),
    ];
    let mut table = Table::new("audit", "title-audit", &columns);
    table.rows = server
        .users
        .audited(AUDIT_SHOWN)?
        .into_iter()
        .map(|l| {
            vec![
                Cell::Time(Timestamp::from_micros(l.at_us)),
                Cell::text(l.login),
                Cell::text(l.action),
                Cell::text(l.resource),
                Cell::text(l.verdict),
                Cell::text(l.request),
            ]
        })
        .collect();
    answer(
        server,
        ask,
        List {
            lead: t.word("web_lead-audit"),
            ..List::whole(table)
        },
    )
}
