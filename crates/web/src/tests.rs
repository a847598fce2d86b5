//! The server asked as browsers ask it: who gets in, who sees what, and what is tried against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt as _;
use weighbridge_account::input::Incoming;
use weighbridge_account::{Account, How, Keep, Who};
use weighbridge_reports::Lang;

use crate::access::{Role, Scope, Standing};
use crate::routes::{Method, Needs, ROUTES, router};
use crate::state::{Config, Server, Transport};
use crate::users::{UserId, Users};

/// 2025-07-10.
static NOW: AtomicI64 = AtomicI64::new(1_752_105_600_000_000);

fn clock() -> i64 {
    NOW.fetch_add(1, Ordering::Relaxed)
}

struct World {
    _folder: tempfile::TempDir,
    server: Arc<Server>,
    router: Router,
}

/// Text that would run, reach into a header or calculate, if it were let.
const HOSTILE: &str = "<script>alert(1)</script>\"'=1+1";

/// Two firms that trade, a third that has nothing to do with them; every text of the second is hostile.
fn files() -> [(&'static str, String); 3] {
    let head = "reporter,kind,date,substance,amount,unit,counterparty,document,lot\n";
    let quoted = HOSTILE.replace('"', "\"\"");
    let a = format!(
        "{head}A,stocktake,2025-06-01,acetone,5000,kg,,,\nA,dispatch,2025-06-03,acetone,1000,kg,B,D-7,L-1\nA,stocktake,2025-06-30,acetone,3990,kg,,,\n"
    );
    let b = format!(
        "{head}B,receipt,2025-06-04,acetone,940,kg,A,d-7,\"{quoted}\"\nB,use,2025-06-05,acetone,1,kg,,\"{quoted}\",L-2\nB,use,2025-06-05,acetone,\"{quoted}\",kg,,,\n"
    );
    let c = format!(
        "{head}C,stocktake,2025-06-01,toluene,70,kg,,,\nC,use,2025-06-02,toluene,7,kg,,SECRET-C,\n"
    );
    [("a.csv", a), ("<b>.csv", b), ("c.csv", c)]
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut account = Account::create(folder.path(), "example.org/web", "test").unwrap();
    account.at(clock()).unwrap();
    for (name, text) in files() {
        let how = How {
            who: Who::default(),
            key: None,
            agent: None,
            reporter: None,
            learn: true,
            keep: Keep::Blobs,
        };
        account
            .import(&Incoming::held(name, text.into_bytes()), &how, &mut |_| {})
            .unwrap();
    }
    account.commit().unwrap();
    account.sign().unwrap();
    let users = Users::open(folder.path()).unwrap();
    let config = Config {
        clock,
        transport: Transport::Encrypted,
    };
    let server = Server::new(account, users, config).unwrap();
    server.judge_once();
    let router = router(Arc::clone(&server));
    World {
        _folder: folder,
        server,
        router,
    }
}

struct Seen {
    status: StatusCode,
    body: String,
    location: String,
    cookie: String,
    headers: axum::http::HeaderMap,
}

impl World {
    /// Somebody with a role, signed in: the cookie.
    fn somebody(&self, role: Role, scope: &str) -> String {
        self.session(self.user(role, scope))
    }

    fn user(&self, role: Role, scope: &str) -> UserId {
        let login = format!(
            "{}{}",
            role.code(),
            self.server.users().all().unwrap().len()
        );
        let standing = Standing {
            role,
            scope: Scope::from_text(scope).unwrap(),
        };
        self.server
            .users()
            .add(&login, Lang::En, &[standing], clock())
            .unwrap()
    }

    fn session(&self, id: UserId) -> String {
        self.server
            .users()
            .start_session(id, "test", clock())
            .unwrap()
    }

    fn ask(&self, request: Request<Body>) -> Seen {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap();
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, usize::MAX).await.unwrap();
            let header = |name: &str| {
                parts
                    .headers
                    .get(name)
                    .and_then(|v| v.to_str().ok())
                    .unwrap_or("")
                    .to_owned()
            };
            Seen {
                status: parts.status,
                location: header("location"),
                cookie: header("set-cookie"),
                body: String::from_utf8_lossy(&bytes).into_owned(),
                headers: parts.headers,
            }
        })
    }

    fn get(&self, path: &str, cookie: &str) -> Seen {
        let request =
            Request::get(path).header(header::COOKIE, format!("__Host-weighbridge={cookie}"));
        self.ask(request.body(Body::empty()).unwrap())
    }

    fn csrf(&self, cookie: &str) -> String {
        let page = self.get("/me", cookie).body;
        let at = page.find("name=\"csrf\" value=\"").unwrap() + 19;
        page[at..].split('"').next().unwrap_or("").to_owned()
    }

    fn post(&self, path: &str, cookie: &str, form: &str) -> Seen {
        let request =
            Request::post(path).header(header::COOKIE, format!("__Host-weighbridge={cookie}"));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap())
    }

    fn upload(&self, cookie: &str, name: &str, bytes: &[u8]) -> Seen {
        let mut body = format!("--X\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n", self.csrf(cookie)).into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--X--\r\n");
        let request =
            Request::post("/submit").header(header::COOKIE, format!("__Host-weighbridge={cookie}"));
        let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=X");
        self.ask(request.body(Body::from(body)).unwrap())
    }
}

/// A path of a route with something in its open parts.
fn path_of(route: &str) -> String {
    route
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
        strip(wrong("li", "wrong-wrong-wrong"), "li"),
        strip(wrong("no", "wrong-wrong-wrong"), "no")
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
        wrong("li", "correct+horse+battery")
            .cookie
            .contains("__Host-weighbridge=")
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
        late.location.starts_with("/sign-in?again=1"),
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
