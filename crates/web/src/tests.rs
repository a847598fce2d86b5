//! The server asked as browsers ask it: who gets in, who sees what, and what is tried against it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use parking_lot::{Mutex, MutexGuard};
use tower::ServiceExt as _;
use weighbridge_account::input::Incoming;
use weighbridge_account::{Account, How, Keep, Who};
use weighbridge_books::entry::LineRef;
use weighbridge_books::queries::{About, Answer as AnswerTo, By, Question, Step};
use weighbridge_journal::SqliteStore;
use weighbridge_reports::Lang;

use crate::access::{Role, Scope, Standing};
use crate::routes::router;
use crate::state::{Config, Server, Transport};
use crate::users::{UserId, Users};

/// 2025-07-10.
static NOW: AtomicI64 = AtomicI64::new(1_752_105_600_000_000);

fn clock() -> i64 {
    NOW.fetch_add(1, Ordering::Relaxed)
}

/// Tests move the clock: one at a time.
static ONE: Mutex<()> = Mutex::new(());

struct World {
    _one: MutexGuard<'static, ()>,
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

/// The entry of the query that the authority asks of the first firm.
const QUERY: u64 = 6;
/// What only the authority and the first firm may read.
const ASKED: &str = "WHY-OF-A";
const ANSWERED: &str = "BECAUSE-OF-A";

/// The first firm is asked about what the second did not get, and answers.
fn asked(account: &mut Account<SqliteStore>) {
    let holder = account.books().registry.by_code("A").unwrap();
    let step = Step::Asked {
        holder,
        about: About::Consignment(LineRef { seq: 1, row: 3 }),
        question: Question::Short,
        due: "2025-07-20".parse().unwrap(),
    };
    let who = Who::default();
    let words = format!("{ASKED} {HOSTILE}");
    let query = account.ask(&who, (By::Authority, step), &words).unwrap();
    assert_eq!(query, Ok(QUERY));
    let step = Step::Answered {
        query: QUERY,
        answer: AnswerTo::Explained,
    };
    let words = format!("{ANSWERED} {HOSTILE}");
    let answer = account.ask(&who, (By::Holder(holder), step), &words);
    assert_eq!(answer.unwrap(), Ok(QUERY + 1));
}

fn world() -> World {
    world_of(Transport::Encrypted)
}

fn world_of(transport: Transport) -> World {
    let one = ONE.lock();
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
    account.settle();
    asked(&mut account);
    account.commit().unwrap();
    account.sign().unwrap();
    let users = Users::open(folder.path()).unwrap();
    let config = Config { clock, transport };
    let server = Server::new(account, users, config).unwrap();
    server.judge_once();
    let router = router(Arc::clone(&server));
    World {
        _one: one,
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
        self.ask_of(&self.router, request)
    }

    fn ask_of(&self, router: &Router, request: Request<Body>) -> Seen {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let response = router.clone().oneshot(request).await.unwrap();
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

mod forms;
mod forwarded;
mod kept;
mod queries;
mod reach;
mod sockets;
