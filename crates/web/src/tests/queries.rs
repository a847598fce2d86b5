//! A query by browser: asked by an officer, answered by the firm that is asked and by nobody else, decided.

use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use weighbridge_account::input::Incoming;
use weighbridge_account::{How, Imported, Keep, Who};
use weighbridge_books::substances::grace::GRACE_DAYS;
use weighbridge_measure::Timestamp;

use super::{ANSWERED, ASKED, NOW, QUERY, Seen, World, clock, world};
use crate::access::Role;
use crate::ask::encoded;

fn send(world: &World, path: &str, cookie: &str, form: &[(&str, &str)]) -> Seen {
    let csrf = world.csrf(cookie);
    let mut fields = vec![format!("csrf={}", encoded(&csrf))];
    let pairs = form.iter();
    fields.extend(pairs.map(|(k, v)| format!("{k}={}", encoded(v))));
    world.post(path, cookie, &fields.join("&"))
}

/// A query about what B did not get, filled in by the page of the consignment.
fn ask(world: &World, officer: &str) -> (String, Seen) {
    let page = world.get("/consignments/1", officer).body;
    let at = page.find("/queries/new?about=consignment&#38;holder=B");
    let at = at.unwrap_or_else(|| panic!("no link: {page}"));
    let link = page[at..].split('"').next().unwrap().replace("&#38;", "&");
    let form = world.get(&link, officer).body;
    let value = |name: &str| {
        let at = form.find(&format!("name=\"{name}\" value=\"")).unwrap();
        let rest = &form[at + name.len() + 15..];
        rest.split('"').next().unwrap().to_owned()
    };
    assert!(form.contains("<option value=\"short\" selected>"), "{form}");
    let (row, due) = (value("row"), value("due"));
    let fields = [
        ("about", "consignment"),
        ("holder", "B"),
        ("row", row.as_str()),
        ("question", "short"),
        ("due", due.as_str()),
        ("words", "Where are 60 kg?\r\nPlease look."),
    ];
    (row.clone(), send(world, "/queries/new", officer, &fields))
}

#[test]
fn asked_answered_decided() {
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    let (a, b) = (
        world.somebody(Role::Custodian, "holder:A"),
        world.somebody(Role::Custodian, "holder:B"),
    );
    let (row, asked) = ask(&world, &officer);
    // By its own row, not by the other side's.
    assert_eq!(row, "3:2");
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
    let q = asked.location.clone();
    assert_eq!(q, format!("/queries/{}", QUERY + 2));
    let (_, again) = ask(&world, &officer);
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("asked the same already") && again.body.contains("Where are 60"));
    // First on the page of who is asked, on no page of the other side.
    let home = world.get("/", &b).body;
    let waits = home.find("wait for your answer").unwrap();
    assert!(home.find("class=\"figures\"").unwrap() > waits, "{home}");
    let page = world.get(&q, &b).body;
    assert!(page.contains("Where are 60 kg?\nPlease look."), "{page}");
    assert!(
        page.contains("14 days left") && !page.contains("/decide"),
        "{page}"
    );
    assert_eq!(world.get(&q, &a).status, StatusCode::NOT_FOUND);
    assert!(!world.get("/consignments/1", &a).body.contains(&q));
    assert!(world.get("/consignments/1", &b).body.contains(&q));
    // What may not be written, what is not there, and who may not answer.
    let answer = format!("{q}/answer");
    let of = |answer, words| {
        [
            ("answer", answer),
            ("words", words),
            ("entry", "99"),
            ("due", ""),
        ]
    };
    #[rustfmt::skip]
    let cases = [
        (&b, of("explained", "by 11010519491231002X"), StatusCode::UNPROCESSABLE_ENTITY, "identity number"),
        (&b, of("explained", ""), StatusCode::UNPROCESSABLE_ENTITY, "Say it in words"),
        (&b, of("corrected_in", "x"), StatusCode::UNPROCESSABLE_ENTITY, "no such entry"),
        (&b, of("need_more_time", "x"), StatusCode::UNPROCESSABLE_ENTITY, "is no date"),
        (&b, of("what", "x"), StatusCode::BAD_REQUEST, ""),
        (&a, of("explained", "x"), StatusCode::NOT_FOUND, ""),
        (&officer, of("explained", "x"), StatusCode::FORBIDDEN, ""),
    ];
    for (who, form, status, says) in cases {
        let seen = send(&world, &answer, who, &form);
        assert_eq!(seen.status, status, "{form:?}");
        assert!(seen.body.contains(says), "{form:?}: {}", seen.body);
    }
    let close = [("do", "close"), ("outcome", "resolved")];
    let decide = format!("{q}/decide");
    let early = send(&world, &decide, &officer, &close);
    assert!(early.body.contains("Nothing is resolved without an answer"));
    for who in [&a, &b] {
        assert_eq!(
            send(&world, &decide, who, &close).status,
            StatusCode::FORBIDDEN
        );
    }
    let elsewhere = world.somebody(Role::Officer, "area:99");
    assert_eq!(world.get(&q, &elsewhere).status, StatusCode::NOT_FOUND);
    let seen = send(&world, &decide, &elsewhere, &close);
    assert_eq!(seen.status, StatusCode::NOT_FOUND);
    // Answered: the officer has it first on the home page, and decides.
    let form = of("mistake_of_other_side", "The bridge said 940.");
    assert_eq!(send(&world, &answer, &b, &form).location, q);
    assert!(!world.get("/", &b).body.contains("wait for your answer"));
    assert!(world.get("/", &officer).body.contains(&q));
    let closed = send(&world, &decide, &officer, &close);
    assert_eq!(closed.location, q, "{}", closed.body);
    let page = world.get(&q, &b).body;
    for says in [
        "closed · resolved",
        "The bridge said 940.",
        "a mistake of the other side",
        "The authority closed it",
    ] {
        assert!(page.contains(says), "{says}: {page}");
    }
    assert!(!page.contains("/answer"));
    // Each step is an entry that both may prove.
    for who in [&officer, &b] {
        let entry = world.get(&format!("/entries/{}", QUERY + 3), who);
        assert!(entry.body.contains("checked just now"), "{}", entry.body);
    }
    let entry = world.get(&format!("/entries/{}", QUERY + 3), &a);
    assert_eq!(entry.status, StatusCode::NOT_FOUND);
    // Who may read sees both queries with all words, who may not sees none.
    let auditor = world.somebody(Role::Auditor, "all");
    let first = world.get(&format!("/queries/{QUERY}"), &auditor).body;
    assert!(first.contains(ASKED) && first.contains(ANSWERED));
    let list = world.get("/queries?format=csv", &officer).body;
    assert_eq!(list.trim().lines().count(), 3, "{list}");
    let late = world.get("/queries?late=firm&format=csv", &officer).body;
    assert_eq!(late.trim().lines().count(), 1, "{late}");
    let inspector = world.somebody(Role::Inspector, "all");
    assert_eq!(
        world.get("/queries", &inspector).status,
        StatusCode::FORBIDDEN
    );
}

/// Where a query can be asked from, for who may ask.
#[test]
fn ways_to_a_query() {
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    let auditor = world.somebody(Role::Auditor, "all");
    for (page, link) in [
        ("/holders/A", "/queries/new?about=holder&#38;holder=A"),
        (
            "/entries/1?row=3",
            "/queries/new?about=row&#38;holder=A&#38;row=1%3A3",
        ),
        (
            "/consignments/1",
            "/queries/new?about=consignment&#38;holder=A",
        ),
    ] {
        let seen = world.get(page, &officer).body;
        assert!(seen.contains(link), "{page}: {seen}");
        assert!(!world.get(page, &auditor).body.contains("/queries/new"));
        let at = seen.find(link).unwrap();
        let to = seen[at..].split('"').next().unwrap().replace("&#38;", "&");
        assert_eq!(world.get(&to, &officer).status, StatusCode::OK, "{to}");
        assert_eq!(world.get(&to, &auditor).status, StatusCode::FORBIDDEN);
    }
    // A row that was set aside: whose it is has to be said.
    let aside = world.get("/entries/3?row=4", &officer).body;
    assert!(aside.contains("question=set_aside"), "{aside}");
    let form = world.get(
        "/queries/new?about=row&row=3:4&question=set_aside",
        &officer,
    );
    assert!(form.body.contains("name=\"holder\""), "{}", form.body);
    let fields = [
        ("about", "row"),
        ("row", "3:4"),
        ("holder", "B"),
        ("question", "set_aside"),
        ("due", "2025-08-01"),
    ];
    let seen = send(&world, "/queries/new", &officer, &fields);
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.body);
    assert!(world.get(&seen.location, &officer).body.contains("3:4"));
    for wrong in [
        "/queries/new?about=what",
        "/queries/new?about=row&row=x",
        "/queries/new?about=balance&holder=A&site=nowhere&substance=acetone",
        "/queries/new?about=holder&holder=NOBODY",
    ] {
        let status = world.get(wrong, &officer).status;
        assert!(status.is_client_error(), "{wrong}: {status}");
    }
}

/// A difference that was reported today is shown to all with the day from which it is the authority's; until then it is not
/// counted and cannot be asked about.
#[test]
fn a_difference_is_the_firms_first() {
    let world = world();
    let rows = "reporter,kind,date,substance,amount,unit,counterparty,document\nA,dispatch,2025-06-10,acetone,100,kg,B,D-9\nB,receipt,2025-06-11,acetone,150,kg,A,D-9\n";
    let how = How {
        who: Who::default(),
        key: None,
        agent: None,
        reporter: None,
        learn: false,
        keep: Keep::Nothing,
    };
    let file = Incoming::held("d.csv", rows.as_bytes().to_vec());
    let taken = world.server.change(|account| {
        account.at(clock())?;
        account.import(&file, &how, &mut |_| {})
    });
    let Ok(Imported::Movements(taken)) = taken else {
        panic!("{taken:?}");
    };
    let row = format!("{}:2", taken.seq);
    let until = Timestamp::from_micros(clock()).date().unwrap();
    let until = until.plus_days(GRACE_DAYS).unwrap().to_string();
    let over = |seen: &str| {
        let at = seen.find("state=over\"").unwrap();
        let rest = &seen[at..];
        rest.split("<b>").nth(1).unwrap().split('<').next() == Some("1")
    };
    let officer = world.somebody(Role::Officer, "all");
    let list = world.get("/consignments?state=over", &officer).body;
    assert!(list.contains(&until), "{list}");
    assert!(!over(&world.get("/", &officer).body));
    // The two firms have it at once.
    let firm = world.somebody(Role::Custodian, "holder:B");
    assert!(over(&world.get("/", &firm).body));
    assert!(world.get("/consignments", &firm).body.contains(&until));
    let at = list.find("/consignments/").unwrap();
    let page = list[at..].split('"').next().unwrap().to_owned();
    let seen = world.get(&page, &officer).body;
    assert!(seen.contains("may mend this themselves") && !seen.contains("/queries/new"));
    let fields = [
        ("about", "consignment"),
        ("row", row.as_str()),
        ("holder", "B"),
        ("question", "over"),
        ("due", "2025-12-01"),
    ];
    let early = send(&world, "/queries/new", &officer, &fields);
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        early.body.contains("Ask from that day on"),
        "{}",
        early.body
    );
    NOW.fetch_add(i64::from(GRACE_DAYS) * 86_400_000_000, Ordering::Relaxed);
    let officer = world.somebody(Role::Officer, "all");
    assert!(over(&world.get("/", &officer).body));
    let asked = send(&world, "/queries/new", &officer, &fields);
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.body);
}
