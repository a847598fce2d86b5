//! Signing in, forms, reports and limits, and what is tried against them.

use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use weighbridge_reports::Lang;

use super::{NOW, Seen, clock, world};
use crate::access::Role;

#[test]
fn sessions_and_forms() {
    let world = world();
    let users = world.server.users();
    let id = users.add("qzxw", Lang::En, &[], clock()).unwrap();
    let link = users.make_link(id, clock()).unwrap().path();
    // Looking at a link does not use it; using it does, once; a cookie from before is worth nothing after.
    assert_eq!(world.get(&link, "").status, StatusCode::OK);
    let fixed = "f".repeat(43);
    let entered = world.post(&link, &fixed, "next=https://evil.example/");
    assert_eq!(
        (entered.status, entered.location.as_str()),
        (StatusCode::SEE_OTHER, "/")
    );
    assert!(
        entered.cookie.starts_with("__Host-weighbridge=")
            && entered.cookie.contains("HttpOnly; SameSite=Lax; Secure")
    );
    assert!(!entered.cookie.contains(&fixed));
    assert_eq!(world.post(&link, "", "").status, StatusCode::BAD_REQUEST);
    let cookie = entered.cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    assert_eq!(world.get("/me", &cookie).status, StatusCode::OK);
    assert_eq!(world.get("/me", &fixed).status, StatusCode::SEE_OTHER);
    // Forms of other sites, by their headers and for want of the token.
    let csrf = world.csrf(&cookie);
    let sent = |site: &str, token: &str| {
        let request = Request::post("/me/language")
            .header(header::COOKIE, format!("__Host-weighbridge={cookie}"));
        let request = request
            .header("sec-fetch-site", site)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        world
            .ask(
                request
                    .body(Body::from(format!("csrf={token}&lang=zh&back=/me")))
                    .unwrap(),
            )
            .status
    };
    assert_eq!(sent("cross-site", &csrf), StatusCode::FORBIDDEN);
    assert_eq!(sent("same-origin", "x"), StatusCode::FORBIDDEN);
    assert_eq!(sent("same-origin", &csrf), StatusCode::SEE_OTHER);
    assert!(world.get("/me", &cookie).body.contains("lang=\"zh-Hans\""));
    let origin = Request::post("/sign-in")
        .header("origin", "https://evil.example")
        .header("host", "example.org");
    assert_eq!(
        world.ask(origin.body(Body::empty()).unwrap()).status,
        StatusCode::FORBIDDEN
    );
    // Back to a page of this server, whatever a browser would make of the rest.
    for back in [
        "//evil.example",
        "/%09/evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "/%0A/evil.example",
    ] {
        let seen = world.post(
            "/me/language",
            &cookie,
            &format!("csrf={csrf}&lang=en&back={back}"),
        );
        assert_eq!(seen.location, "/", "{back}");
    }
    // A password, and signing in with it: unknown names and wrong passwords are told apart by nothing.
    let weak = world.post(
        "/me/password",
        &cookie,
        &format!("csrf={csrf}&password=short&again=short"),
    );
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let set = world.post(
        "/me/password",
        &cookie,
        &format!("csrf={csrf}&password=correct+horse+battery&again=correct+horse+battery"),
    );
    assert_eq!(set.status, StatusCode::SEE_OTHER);
    let wrong = |login: &str, password: &str| {
        world.post(
            "/sign-in",
            "",
            &format!("login={login}&password={password}"),
        )
    };
    let strip = |seen: Seen, login: &str| (seen.status, seen.body.replace(login, ""));
    assert_eq!(
        strip(wrong("qzxw", "wrong-wrong-wrong"), "qzxw"),
        strip(wrong("qzyw", "wrong-wrong-wrong"), "qzyw")
    );
    let right = wrong("QZXW", "correct+horse+battery");
    assert!(
        right.cookie.contains("__Host-weighbridge="),
        "{}",
        right.body
    );
    // Guessing is slowed down, for names that nobody has too, and ends with time.
    for login in ["qzxw", "qzyw"] {
        for _ in 0..4 {
            wrong(login, "wrong-wrong-wrong");
        }
        assert!(
            wrong(login, "correct+horse+battery")
                .body
                .contains("Try again in"),
            "{login}"
        );
    }
    NOW.fetch_add(3_600_000_000, Ordering::Relaxed);
    assert!(
        wrong("qzxw", "correct+horse+battery")
            .cookie
            .contains("__Host-weighbridge=")
    );
    // Who is turned away because others are being checked has not made good what was counted before.
    let before = || {
        wrong("qzyw", "wrong-wrong-wrong")
            .body
            .contains("Try again in")
    };
    for _ in 0..4 {
        before();
    }
    NOW.fetch_add(3_600_000_000, Ordering::Relaxed);
    let away = world
        .server
        .signing_in(|| world.server.signing_in(|| world.server.signing_in(before)));
    assert_eq!(away, Some(Some(Some(true))));
    assert!(
        !before() && before(),
        "one more that counts, and the wait is back"
    );
    // Sessions end by themselves, and with the account.
    let cookie = world.session(id);
    NOW.fetch_add(3 * 3_600_000_000, Ordering::Relaxed);
    assert_eq!(world.get("/me", &cookie).status, StatusCode::SEE_OTHER);
    let cookie = world.session(id);
    users.set_open(id, crate::users::Open::Closed).unwrap();
    assert_eq!(world.get("/me", &cookie).status, StatusCode::SEE_OTHER);
}

/// A firm sends a file: looked at first, booked once, for itself alone.
#[test]
fn a_file_is_looked_at_and_then_booked() {
    let world = world();
    let b = world.somebody(Role::Custodian, "holder:B");
    let lines = || world.server.account().books().substances.lines().len();
    let before = lines();
    let text = "reporter,kind,date,substance,amount,unit,counterparty,document\nB,use,2025-07-01,acetone,5,kg,,\nA,use,2025-07-01,acetone,6,kg,,\nB,use,2025-07-02,acetone,many,kg,,\n";
    let looked = world.upload(&b, "..\\..\\july.csv", text.as_bytes());
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    assert!(
        looked.body.contains("july.csv") && !looked.body.contains(".."),
        "{}",
        looked.body
    );
    assert!(
        looked.body.contains("1 row is accepted") && looked.body.contains("2 set aside"),
        "{}",
        looked.body
    );
    assert_eq!(lines(), before);
    let key = looked
        .body
        .split("name=\"key\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let confirm = |cookie: &str| {
        world.post(
            "/submit/confirm",
            cookie,
            &format!("csrf={}&key={key}", world.csrf(cookie)),
        )
    };
    // It is nobody else's to confirm, and is booked once.
    let other = world.somebody(Role::Custodian, "holder:A");
    assert_eq!(confirm(&other).status, StatusCode::BAD_REQUEST);
    let booked = confirm(&b);
    assert_eq!(booked.status, StatusCode::OK, "{}", booked.body);
    assert!(booked.body.contains("/receipt\""));
    assert_eq!(lines(), before + 1);
    assert_eq!(confirm(&b).status, StatusCode::BAD_REQUEST);
    // The other firm's row is set aside: nobody reports for others.
    let own = world.get("/quarantine", &b).body;
    assert!(own.contains("july.csv"), "{own}");
    // A file of which nothing is booked is its sender's all the same, with a receipt.
    let none = world.upload(
        &b,
        "none.csv",
        b"kind,date,substance,amount,unit\nuse,2025-07-02,acetone,none,kg\n",
    );
    let key = none
        .body
        .split("name=\"key\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let booked = world.post(
        "/submit/confirm",
        &b,
        &format!("csrf={}&key={key}", world.csrf(&b)),
    );
    let receipt = booked
        .body
        .split("href=\"")
        .find(|h| h.contains("/receipt\""))
        .unwrap();
    let receipt = receipt.split('"').next().unwrap();
    assert_eq!(world.get(receipt, &b).status, StatusCode::OK, "{receipt}");
    assert_eq!(world.get(receipt, &other).status, StatusCode::NOT_FOUND);
    assert!(world.get("/quarantine", &b).body.contains("none.csv"));
    let before = lines() - 1;
    // A register is not for firms, nor is what is no table; a form books one row.
    let holders = world.upload(&b, "h.csv", "holder,name,licences\nZ,Z,1\n".as_bytes());
    assert_eq!(
        holders.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        holders.body
    );
    assert_eq!(
        world.upload(&b, "x.bin", &[0, 159, 146, 150]).status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let row = |more: &str| {
        world.post(
            "/submit/row",
            &b,
            &format!(
                "csrf={}&kind=use&date=2025-07-03&substance=acetone&amount=2000&unit=g{more}",
                world.csrf(&b)
            ),
        )
    };
    assert!(
        row("&do=look").body.contains("2 kg of base"),
        "{}",
        row("&do=look").body
    );
    assert_eq!(lines(), before + 1);
    assert!(row("&do=confirm").body.contains("/receipt\""));
    assert_eq!(lines(), before + 2);
    assert_eq!(row("&amount=-1").status, StatusCode::UNPROCESSABLE_ENTITY);
    // Two movements may be alike: the form gives each a number of its own; the same form twice is one.
    for (number, more) in [("form-1", 1), ("form-2", 2), ("form-2", 2)] {
        row(&format!("&line_id={number}&do=confirm"));
        assert_eq!(lines(), before + 2 + more, "{number}");
    }
    assert!(!world.get("/search?q=L-1", &b).body.contains("/trace?lot="));
}

#[test]
fn limits_and_dangerous_acts() {
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    for path in [
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/users.sqlite",
        "/entries/1%00",
        "/entries/99999999999999999999",
        "/holders/%ff",
        "/movements?from=never",
        "/movements?page=99999999999",
    ] {
        let seen = world.get(path, &officer);
        assert!(
            seen.status.is_client_error() || seen.status == StatusCode::OK,
            "{path} {}",
            seen.status
        );
        assert!(!seen.body.contains("CREATE TABLE"));
    }
    let long = "x".repeat(crate::limits::FORM_MAX + 1);
    assert_eq!(
        world.post("/me/language", &officer, &long).status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    // What is dangerous asks again who it is once the sign-in is old.
    let admin = world.somebody(Role::Administrator, "all");
    let csrf = world.csrf(&admin);
    let add = |login: &str| {
        world.post(
            "/users",
            &admin,
            &format!("csrf={csrf}&login={login}&role=officer&scope=all"),
        )
    };
    let made = add("wang");
    assert!(made.body.contains("/link/"), "{}", made.body);
    assert_eq!(add("wang").status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        world
            .post(
                "/users",
                &admin,
                &format!("csrf={csrf}&login=zhao&role=custodian&scope=all")
            )
            .status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    NOW.fetch_add(20 * 60_000_000, Ordering::Relaxed);
    let late = add("zhao");
    assert!(
        late.location == "/sign-in?next=%2Fusers&again=1",
        "{}",
        late.location
    );
    // Everything that changes something is in the log.
    let auditor = world.somebody(Role::Auditor, "all");
    let log = world.get("/audit", &auditor).body;
    assert!(
        log.contains("manage users") && log.contains("asked to sign in"),
        "{log}"
    );
    // One who asks without end is told to wait.
    let many = (0..200).map(|_| world.get("/help", &officer).status);
    assert!(many.into_iter().any(|s| s == StatusCode::TOO_MANY_REQUESTS));
}

/// The machine room learns how the server does, and nothing of who asks it for what.
#[test]
fn the_machine_room() {
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    world.get("/holders/A", &officer);
    world.get("/holders/NOBODY", &officer);
    let room = crate::health::router(std::sync::Arc::clone(&world.server));
    let ask = |path: &str| world.ask_of(&room, Request::get(path).body(Body::empty()).unwrap());
    assert_eq!(ask("/health/live").status, StatusCode::OK);
    assert_eq!(ask("/health/ready").status, StatusCode::OK);
    let told = ask("/metrics").body;
    for line in [
        "weighbridge_request_seconds_count{route=\"/holders/{code}\",status=\"200\"} 1\n",
        "weighbridge_request_seconds_count{route=\"/holders/{code}\",status=\"404\"} 1\n",
        "weighbridge_request_seconds_bucket{route=\"/holders/{code}\",status=\"200\",le=\"+Inf\"} 1\n",
        "weighbridge_lines 7\n",
    ] {
        assert!(told.contains(line), "{line} {told}");
    }
    assert!(!told.contains("officer") && !told.contains("NOBODY"));
}

/// Where a change fails after some of it was appended nothing is shown any more.
#[test]
fn a_change_that_is_left_half_done_stops_the_server() {
    use weighbridge_account::Trouble;
    let world = world();
    let officer = world.somebody(Role::Officer, "all");
    let organisation = weighbridge_account::Who::default();
    let changed: Result<(), Trouble> = world.server.change(|account| {
        account.at(clock())?;
        let body = weighbridge_books::Body::Registry(Vec::new());
        account.record(&organisation, &body)?;
        Err(Trouble::Fault("x"))
    });
    assert!(changed.is_err() && world.server.has_stopped());
    assert_eq!(
        world.get("/", &officer).status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    let room = crate::health::router(std::sync::Arc::clone(&world.server));
    let ready = Request::get("/health/ready").body(Body::empty()).unwrap();
    assert_eq!(
        world.ask_of(&room, ready).status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}
