//! What is around every page: language, navigation, the assets; and the page of a refusal.

use std::sync::LazyLock;

use askama::Template;
use weighbridge_account::Trouble;
use weighbridge_reports::{Lang, Texts};

use crate::access::{Action, Resource, Verdict, authorize};
use crate::answer::Refusal;
use crate::ask::Ask;
use crate::state::Server;

/// A file that pages use.
pub(crate) struct Asset {
    /// Where it is: the name bears the hash of the content, so that it may be kept for ever.
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) bytes: &'static [u8],
}

/// Every asset.
pub(crate) static ASSETS: LazyLock<[Asset; 2]> = LazyLock::new(|| {
    [
        asset(
            "style",
            "css",
            "text/css; charset=utf-8",
            include_bytes!("../assets/style.css"),
        ),
        asset(
            "pages",
            "js",
            "text/javascript; charset=utf-8",
            include_bytes!("../assets/pages.js"),
        ),
    ]
});

fn asset(name: &str, end: &str, kind: &'static str, bytes: &'static [u8]) -> Asset {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let hash: String = digest
        .as_ref()
        .iter()
        .take(8)
        .map(|b| format!("{b:02x}"))
        .collect();
    Asset {
        path: format!("/assets/{name}-{hash}.{end}"),
        kind,
        bytes,
    }
}

/// A place of the navigation.
pub(crate) struct Place {
    pub(crate) path: &'static str,
    pub(crate) label: String,
    pub(crate) is_here: bool,
}

/// Places with the action that opens them.
const PLACES: [(&str, &str, Action); 17] = [
    ("/", "web-home", Action::Own),
    ("/submit", "web-submit", Action::Submit),
    ("/queries", "web-queries", Action::ReadQueries),
    ("/unexplained", "web-unexplained", Action::ReadUnexplained),
    ("/visits", "web-visits", Action::ReadVisits),
    ("/consignments", "web-consignments", Action::ReadBooks),
    ("/balances", "web-balances", Action::ReadBooks),
    ("/movements", "web-movements", Action::ReadBooks),
    ("/holders", "web-holders", Action::ReadBooks),
    ("/substances", "web-substances", Action::ReadBooks),
    ("/quarantine", "web-quarantine", Action::ReadBooks),
    ("/findings", "web-findings", Action::ReadBooks),
    ("/instruments", "web-instruments", Action::ReadBooks),
    ("/trace", "web-trace", Action::ReadBooks),
    ("/journal", "web-journal", Action::ReadJournal),
    ("/users", "web-users", Action::ManageUsers),
    ("/audit", "web-audit", Action::ReadAudit),
];

/// What is around a page.
pub(crate) struct Frame<'a> {
    pub(crate) t: &'a Texts,
    pub(crate) title: String,
    pub(crate) places: Vec<Place>,
    /// Name of who is signed in.
    pub(crate) login: Option<&'a str>,
    pub(crate) csrf: &'a str,
    /// This page in the other language, for who is not signed in.
    pub(crate) other_lang: Lang,
    pub(crate) here: String,
    pub(crate) other_here: String,
    pub(crate) search: String,
    pub(crate) may_search: bool,
}

impl<'a> Frame<'a> {
    /// Around a page with a title.
    pub(crate) fn new(server: &'a Server, ask: &'a Ask, title: impl Into<String>) -> Frame<'a> {
        let t = server.texts(ask.lang);
        let standings = ask.caller.as_ref().map_or(&[][..], |c| &c.user.standings);
        let may = |action| {
            ask.caller.is_some()
                && authorize(standings, action, Resource::Account) == Verdict::Allow
        };
        let other_lang = match ask.lang {
            Lang::En => Lang::Zh,
            Lang::Zh => Lang::En,
        };
        let places = PLACES.into_iter().filter(|(_, _, action)| may(*action));
        Frame {
            t,
            title: title.into(),
            places: places
                .map(|(path, key, _)| Place {
                    path,
                    label: t.word(key),
                    is_here: match path {
                        "/" => ask.path == "/",
                        path => ask.path == path || ask.path.starts_with(&format!("{path}/")),
                    },
                })
                .collect(),
            login: ask.caller.as_ref().map(|c| c.user.login.as_str()),
            csrf: ask.caller.as_ref().map_or("", |c| &c.csrf),
            other_lang,
            here: ask.here_with(&[]),
            other_here: ask.here_with(&[("lang", other_lang.code())]),
            search: ask
                .query("q")
                .filter(|_| ask.path == "/search")
                .unwrap_or("")
                .to_owned(),
            may_search: may(Action::ReadBooks),
        }
    }

    /// A word.
    pub(crate) fn w(&self, key: &str) -> String {
        self.t.word(key)
    }

    /// What help says of this place.
    pub(crate) fn help(&self) -> String {
        let here = self.places.iter().find(|p| p.is_here);
        let name = here.map_or("", |p| p.path.trim_start_matches('/'));
        format!("/help#{}", if name.is_empty() { "home" } else { name })
    }

    pub(crate) fn style(&self) -> &'static str {
        &ASSETS[0].path
    }

    pub(crate) fn script(&self) -> &'static str {
        &ASSETS[1].path
    }
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    f: Frame<'a>,
    status: u16,
    what: String,
    remedy: String,
    id: &'a str,
}

/// The page of a refusal.
pub(crate) fn refused(server: &Server, ask: &Ask, refusal: &Refusal) -> String {
    let t = server.texts(ask.lang);
    let (status, code) = refusal.status();
    let (mut what, remedy) = (
        t.word(&format!("web_refused-{code}")),
        t.word(&format!("web_remedy-{code}")),
    );
    match refusal {
        Refusal::Bad(code, given) => {
            what = t.say(&format!("web_bad-{code}"), &[("given", given.into())]);
        }
        Refusal::Failed(trouble) => what = format!("{what} ({})", code_of(trouble)),
        Refusal::Users(error) => what = format!("{what} ({})", error.code()),
        _ => {}
    }
    let page = Refused {
        f: Frame::new(server, ask, what.clone()),
        status,
        what,
        remedy,
        id: &ask.id,
    };
    rendered(&page)
}

fn code_of(trouble: &Trouble) -> &'static str {
    trouble.code()
}

/// A template as text.
pub(crate) fn rendered(page: &impl Template) -> String {
    // Writing into a string fails only if a template's own expression does, and ours give texts.
    page.render().unwrap_or_default()
}
