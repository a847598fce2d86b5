//! Search: holders by code, number and name, substances by any name, documents and lots as they are written.

use askama::Template;
use weighbridge_measure::SubstanceTable;
use weighbridge_reports::views::MovementFilter;

use super::sight;
use crate::access::Action;
use crate::answer::{Answer, Answered};
use crate::ask::{Ask, encoded, link};
use crate::frame::{Frame, rendered};
use crate::limits::SEARCH_MAX;
use crate::newest::newest;
use crate::state::Server;

/// Hits of a kind that are shown.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    f: Frame<'a>,
    asked: String,
    groups: Vec<(String, Vec<(String, String)>)>,
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let asked: String = ask
        .query("q")
        .unwrap_or("")
        .chars()
        .take(SEARCH_MAX)
        .collect();
    let mut groups = Vec::new();
    if !asked.is_empty() {
        let folded = asked.to_lowercase();
        let numbered = books.registry.one(&asked);
        let named = account.desk.names.iter().filter(|(id, names)| {
            sight.sees(*id) && (numbered == Some(*id) || names.contains(&folded))
        });
        let holders = named
            .take(SHOWN)
            .filter_map(|(id, _)| books.registry.holder(*id))
            .map(|h| {
                (
                    format!("{} · {}", h.code, h.name()),
                    format!("/holders/{}", encoded(&h.code)),
                )
            });
        groups.push((t.word("title-holders"), holders.collect::<Vec<_>>()));
        let substances = SubstanceTable::shipped().all().filter(|(_, s)| {
            let has = |text: Option<&str>| text.is_some_and(|x| x.to_lowercase().contains(&folded));
            let initials = || s.name_zh.is_some_and(|n| initials(n).contains(&folded));
            has(Some(s.id)) || has(Some(s.name_en)) || has(s.name_zh) || has(s.cas) || initials()
        });
        let substances = substances.take(SHOWN).map(|(id, s)| {
            (
                t.substance(id).to_owned(),
                format!("/substances/{}", encoded(s.id)),
            )
        });
        groups.push((t.word("web-substances"), substances.collect()));
        let by_document = MovementFilter {
            document: Some(asked.clone()),
            ..MovementFilter::default()
        };
        let by_lot = MovementFilter {
            lot: Some(asked.clone()),
            ..MovementFilter::default()
        };
        let chains = server.chains.read();
        let any = |filter| newest(books, &chains, filter, &sight).next().is_some();
        let documents = any(&by_document).then(|| {
            (
                asked.clone(),
                link("/movements", [("document", asked.as_str())]),
            )
        });
        groups.push((t.word("head-document"), documents.into_iter().collect()));
        let to_lot = || (asked.clone(), link("/trace", [("lot", asked.as_str())]));
        let lot = any(&by_lot).then(to_lot);
        groups.push((t.word("head-lot"), lot.into_iter().collect()));
        groups.retain(|(_, hits)| !hits.is_empty());
    }
    let page = SearchPage {
        f: Frame::new(server, ask, t.word("web-search")),
        asked,
        groups,
    };
    Ok(Answer::Page(rendered(&page)))
}

/// The first letters of the pinyin of a Chinese text, lower case; other letters as they are.
pub(crate) fn initials(text: &str) -> String {
    use pinyin::ToPinyin as _;
    text.chars()
        .filter_map(|c| match c.to_pinyin() {
            Some(pinyin) => pinyin.first_letter().chars().next(),
            None => c
                .is_alphanumeric()
                .then(|| c.to_lowercase().next())
                .flatten(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn chinese_is_found_by_its_initials() {
        for (text, want) in [
            ("丙酮", "bt"),
            ("江南化工有限公司", "jnhgyxgs"),
            ("Alpha 1", "alpha1"),
        ] {
            assert_eq!(super::initials(text), want);
        }
    }
}
