//! Who sees what: every route by every role, and nothing of one firm on the pages of another.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use weighbridge_reports::Lang;

use super::{ANSWERED, ASKED, HOSTILE, NOW, QUERY, clock, world};
use crate::access::Role;
use crate::routes::{Method, Needs, ROUTES};

/// A path of a route with something in its open parts.
fn path_of(route: &str) -> String {
    route
        .replace("/queries/{seq}", &format!("/queries/{QUERY}"))
        .replace("{line}", "1")
        .replace("{code}", "A")
        .replace("{holder}/{site}/{substance}", "A/A/acetone")
        .replace("{id}", "acetone")
        .replace("{seq}", "1")
        .replace("{login}", "nobody")
        .replace("{token}", "x")
}

/// Every route, asked by nobody and by each role: nothing is left out, and the whole table is a file to be read.
#[test]
fn every_route_is_guarded() {
    let world = world();
    let users = world.server.users();
    let roles = [
        ("nobody", None),
        (
            "no role",
            Some(users.add("norole", Lang::En, &[], clock()).unwrap()),
        ),
        (
            "administrator",
            Some(world.user(Role::Administrator, "all")),
        ),
        ("officer", Some(world.user(Role::Officer, "all"))),
        (
            "officer elsewhere",
            Some(world.user(Role::Officer, "area:99")),
        ),
        ("inspector", Some(world.user(Role::Inspector, "all"))),
        (
            "custodian of A",
            Some(world.user(Role::Custodian, "holder:A")),
        ),
        (
            "custodian of C",
            Some(world.user(Role::Custodian, "holder:C")),
        ),
        ("auditor", Some(world.user(Role::Auditor, "all"))),
    ];
    let mut lines = Vec::new();
    for route in ROUTES {
        let path = path_of(route.path);
        let mut statuses = Vec::new();
        for (name, user) in &roles {
            // A session of its own for each: some routes end it.
            let cookie = user.map(|id| world.session(id)).unwrap_or_default();
            let cookie = cookie.as_str();
            let seen = match route.method {
                Method::Get => world.get(&path, cookie),
                Method::Post if user.is_some() => {
                    world.post(&path, cookie, &format!("csrf={}", world.csrf(cookie)))
                }
                Method::Post => world.post(&path, cookie, "x=1"),
                Method::Upload if user.is_some() => world.upload(
                    cookie,
                    "x.csv",
                    b"a,b
1,2
",
                ),
                Method::Upload => world.post(&path, cookie, "x=1"),
            };
            if *name == "nobody" && route.needs != Needs::Nothing {
                assert!(seen.location.starts_with("/sign-in"), "{path}");
            }
            assert!(
                seen.headers.contains_key("content-security-policy"),
                "{path}"
            );
            statuses.push(seen.status.as_str().to_owned());
        }
        let method = if route.method == Method::Get {
            "GET"
        } else {
            "POST"
        };
        lines.push(format!(
            "{method:4} {:40} {}",
            route.path,
            statuses.join(" ")
        ));
    }
    let names: Vec<&str> = roles.iter().map(|(n, _)| *n).collect();
    insta::assert_snapshot!(format!("{}\n{}", names.join(", "), lines.join("\n")));
}

/// What is a firm's own is on no page, export or search of another; what it shares is there.
#[test]
fn a_firm_sees_itself_alone() {
    let world = world();
    let c = world.somebody(Role::Custodian, "holder:C");
    let mut paths: Vec<String> = ROUTES
        .iter()
        .filter(|r| r.method == Method::Get)
        .map(|r| path_of(r.path))
        .collect();
    for list in [
        "/holders",
        "/balances",
        "/consignments",
        "/movements",
        "/findings",
        "/quarantine",
        "/instruments",
        "/substances",
        "/substances/acetone",
        "/trace?lot=L-1",
        "/queries",
    ] {
        for format in ["csv", "json"] {
            let mark = if list.contains('?') { '&' } else { '?' };
            paths.push(format!("{list}{mark}format={format}"));
        }
    }
    paths.extend(
        [
            "/movements?holder=A",
            "/movements?document=D-7",
            "/consignments?holder=B",
            "/search?q=D-7",
            "/search?q=A",
            "/trace?lot=L-1",
            "/entries/3?row=2",
            "/balances?holder=B",
            "/queries?state=answered",
            "/entries/6",
            "/entries/7",
        ]
        .map(str::to_owned),
    );
    for path in &paths {
        let seen = world.get(path, &c);
        for secret in [
            "D-7",
            "d-7",
            "3990",
            "a.csv",
            "b&gt;.csv",
            "/holders/A",
            "/holders/B",
            "4,000",
            "940",
            ASKED,
            ANSWERED,
            "/queries/6",
        ] {
            // What was asked for may be said again: in the search box and in filters.
            let echoed = path.contains(secret) || (secret == "940" && seen.body.contains("style-"));
            assert!(
                echoed || !seen.body.contains(secret),
                "{path} shows {secret}: {}",
                seen.body
            );
        }
    }
    assert!(world.get("/movements", &c).body.contains("SECRET-C"));
    let a = world.somebody(Role::Custodian, "holder:A");
    let own = world.get("/consignments", &a).body;
    // The other half of the own consignment, but nothing of how the other keeps its books.
    assert!(
        own.contains("940.000") && own.contains("1,000.000") && !own.contains("b&gt;.csv"),
        "{own}"
    );
    for path in [
        "/holders/B",
        "/holders/C",
        "/movements?holder=B",
        "/unexplained/B/B/acetone",
    ] {
        assert_eq!(world.get(path, &a).status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!world.get("/movements", &a).body.contains("SECRET-C"));
}

/// Texts of reporters are texts, wherever they are shown, and calculate nowhere.
#[test]
fn hostile_texts_stay_texts() {
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    let asked = crate::ask::encoded(HOSTILE);
    let pages = [
        "/",
        "/movements",
        "/quarantine",
        "/consignments",
        "/trace?lot=L-1",
        "/entries/3",
        "/entries/4",
        "/holders",
        "/unexplained",
        "/queries",
        "/queries/6",
        "/consignments/1",
    ];
    let echoing = [
        "/search?q=",
        "/movements?document=",
        "/movements?holder=",
        "/trace?lot=",
        "/holders?q=",
        "/balances?substance=",
        "/consignments?as_of=",
        "/holders/",
        "/nothing/",
        "/movements?sort=",
        "/queries?holder=",
        "/queries/new?about=row&row=1:3&question=",
        "/queries/new?row=",
    ];
    let all = pages
        .iter()
        .map(|p| (*p).to_owned())
        .chain(echoing.iter().map(|p| format!("{p}{asked}")));
    for path in all {
        let body = world.get(&path, &officer).body;
        assert!(!body.contains("<script>alert"), "{path}: {body}");
        assert!(!body.contains("\"'=1+1"), "{path}: an attribute ends early");
    }
    let csv = world.get("/movements?format=csv", &officer).body;
    assert!(
        !csv.lines().any(|l| l
            .split(',')
            .any(|c| c.starts_with('=') || c.starts_with("\"="))),
        "{csv}"
    );
    let bad = world.get(
        &format!("/sign-in?next={}", crate::ask::encoded("//evil.example/")),
        "",
    );
    assert!(bad.body.contains("//evil.example/"));
}

/// Texts that only one firm's own rows bear.
const MARKS: [(&str, &[&str]); 3] = [
    ("A", &["L-1", "3,990", "a.csv"]),
    ("B", &["&lt;b&gt;.csv", "L-2"]),
    ("C", &["SECRET-C", "c.csv", "70.000"]),
];

/// The firms whose own rows somebody may read, worked out without the server's code.
fn may_read(role: Role, scope: &str) -> Vec<&'static str> {
    match (role, scope) {
        (Role::Custodian, "holder:A") => vec!["A"],
        (Role::Custodian, "holder:B") => vec!["B"],
        (Role::Custodian, "holder:C") => vec!["C"],
        (Role::Officer | Role::Inspector | Role::Auditor, "all") => vec!["A", "B", "C"],
        // Nobody here has an area; an administrator reads no books; other pairs of role and scope are none.
        _ => Vec::new(),
    }
}

/// Whether somebody may read what was asked of A and answered, worked out without the server's code.
fn may_read_query(role: Role, scope: &str) -> bool {
    matches!(
        (role, scope),
        (Role::Officer | Role::Auditor, "all") | (Role::Custodian, "holder:A")
    )
}

/// Whoever asks for whatever: rows of firms that are not theirs to read never come.
#[test]
fn no_address_shows_what_is_not_ones_own() {
    let world = world();
    let mut state = 20_261_122u64;
    let mut draw = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % n
    };
    let scopes = ["all", "area:33", "holder:A", "holder:B", "holder:C"];
    let users: Vec<(Role, &str, String)> = Role::ALL
        .into_iter()
        .flat_map(|role| scopes.map(|scope| (role, scope)))
        .map(|(role, scope)| (role, scope, world.somebody(role, scope)))
        .collect();
    let gets: Vec<&str> = ROUTES
        .iter()
        .filter(|r| r.method == Method::Get)
        .map(|r| r.path)
        .collect();
    let fields = [
        "holder",
        "counterparty",
        "site",
        "substance",
        "document",
        "lot",
        "q",
        "sort",
        "format",
        "page",
        "state",
        "as_of",
        "from",
        "row",
        "direction",
        "all",
        "unclosed",
        "about",
        "late",
    ];
    let values = [
        "A",
        "B",
        "C",
        "acetone",
        "toluene",
        "D-7",
        "l-1",
        "-holder",
        "csv",
        "json",
        "1",
        "2",
        "3",
        "2025-06-30",
        "2025-06-01",
        "forward",
        "open",
        "short",
        "%",
        "",
        "consignment",
        "row",
        "1:3",
        "answered",
        "authority",
    ];
    for _ in 0..3_000 {
        let (role, scope, cookie) = &users[draw(users.len())];
        let code = ["A", "B", "C"][draw(3)];
        let path = gets[draw(gets.len())]
            .replace("{code}", code)
            .replace(
                "{holder}/{site}/{substance}",
                &format!("{code}/{code}/acetone"),
            )
            .replace("{id}", ["acetone", "toluene"][draw(2)])
            .replace("{seq}", &draw(10).to_string())
            .replace("{line}", &draw(8).to_string())
            .replace("{token}", "x");
        let query: Vec<String> = (0..draw(4))
            .map(|_| {
                format!(
                    "{}={}",
                    fields[draw(fields.len())],
                    values[draw(values.len())]
                )
            })
            .collect();
        let path = format!("{path}?{}", query.join("&"));
        // A second later, so that nobody asks too much.
        NOW.fetch_add(1_000_000, Ordering::Relaxed);
        let seen = world.get(&path, cookie);
        assert!(!seen.status.is_server_error(), "{role:?} {scope} {path}");
        for mark in [ASKED, ANSWERED] {
            assert!(
                may_read_query(*role, scope) || !seen.body.contains(mark),
                "{role:?} {scope} {path} shows {mark}"
            );
        }
        let own = may_read(*role, scope);
        for (firm, marks) in MARKS.iter().filter(|(firm, _)| !own.contains(firm)) {
            for mark in *marks {
                assert!(
                    !seen.body.contains(mark),
                    "{role:?} {scope} {path} shows {mark} of {firm}"
                );
            }
        }
    }
}
