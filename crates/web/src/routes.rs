//! Every route, and the way of a request through them: who asks, may they, what does the page answer.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use tokio::sync::Semaphore;

use crate::access::{Action, Resource, Verdict, authorize};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{ASSETS, refused};
use crate::limits::{CHANGES_MAX, REQUEST_TIME};
use crate::pages;
use crate::read::{cookie_name, read};
use crate::state::{Server, Transport};
use crate::users::Audited;

/// How a route is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Method {
    /// To read.
    Get,
    /// To change something, by a form.
    Post,
    /// To change something, by a form with a file.
    Upload,
}

/// Who may come to a route at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Needs {
    /// Anybody.
    Nothing,
    /// Somebody signed in who may do this.
    May(Action),
    /// The same, signed in a short time ago: what it does is dangerous.
    MayNow(Action),
}

/// A page.
pub(crate) type Page = fn(&Server, &Ask) -> Answered;

/// A route.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    pub(crate) page: Page,
}

impl Route {
    /// Whether it is for changing the books, and not for changing what concerns users alone.
    fn changes_books(&self) -> bool {
        let action = match self.needs {
            Nothing => return false,
            May(action) | MayNow(action) => action,
        };
        self.method != Method::Get && !matches!(action, Own | ManageUsers)
    }
}

const fn get(path: &'static str, needs: Needs, page: Page) -> Route {
    Route {
        method: Method::Get,
        path,
        needs,
        page,
    }
}

const fn post(path: &'static str, needs: Needs, page: Page) -> Route {
    Route {
        method: Method::Post,
        path,
        needs,
        page,
    }
}

const fn upload(path: &'static str, needs: Needs, page: Page) -> Route {
    Route {
        method: Method::Upload,
        path,
        needs,
        page,
    }
}

use Action::{
    AnswerQueries, AskFirms, ManageUsers, Own, ReadAudit, ReadBooks, ReadEntry, ReadJournal,
    ReadQueries, ReadUnexplained, ReadVisits, Submit,
};
use Needs::{May, MayNow, Nothing};

/// Every route.
pub(crate) const ROUTES: &[Route] = &[
    get("/", May(Own), pages::home::page),
    get("/sign-in", Nothing, pages::sign_in::form),
    post("/sign-in", Nothing, pages::sign_in::enter),
    get("/link/{token}", Nothing, pages::sign_in::link),
    post("/link/{token}", Nothing, pages::sign_in::use_link),
    post("/sign-out", May(Own), pages::sign_in::leave),
    get("/holders", May(ReadBooks), pages::holders::page),
    get("/holders/{code}", May(ReadBooks), pages::holder::page),
    get("/substances", May(ReadBooks), pages::substance::all),
    get("/substances/{id}", May(ReadBooks), pages::substance::page),
    get("/balances", May(ReadBooks), pages::balances::page),
    get("/consignments", May(ReadBooks), pages::consignments::page),
    get(
        "/consignments/{line}",
        May(ReadBooks),
        pages::consignment::page,
    ),
    get("/movements", May(ReadBooks), pages::movements::page),
    get("/findings", May(ReadBooks), pages::findings::page),
    get("/quarantine", May(ReadBooks), pages::quarantine::page),
    get("/instruments", May(ReadBooks), pages::instruments::page),
    get("/trace", May(ReadBooks), pages::trace::page),
    get("/search", May(ReadBooks), pages::search::page),
    get(
        "/unexplained",
        May(ReadUnexplained),
        pages::unexplained::all,
    ),
    get(
        "/unexplained/{holder}/{site}/{substance}",
        May(ReadUnexplained),
        pages::unexplained::one,
    ),
    get("/visits", May(ReadVisits), pages::visits::page),
    get("/queries", May(ReadQueries), pages::queries::all),
    get("/queries/new", May(AskFirms), pages::queries::new::form),
    post("/queries/new", May(AskFirms), pages::queries::new::ask),
    get(
        "/queries/{seq}",
        May(ReadQueries),
        pages::queries::one::page,
    ),
    post(
        "/queries/{seq}/answer",
        May(AnswerQueries),
        pages::queries::one::answer,
    ),
    post(
        "/queries/{seq}/decide",
        May(AskFirms),
        pages::queries::one::decide,
    ),
    get("/submit", May(Submit), pages::submit::form),
    upload("/submit", May(Submit), pages::submit::rehearse),
    post("/submit/confirm", May(Submit), pages::submit::confirm),
    get("/submit/row", May(Submit), pages::submit_row::form),
    post("/submit/row", May(Submit), pages::submit_row::enter),
    get("/journal", May(ReadJournal), pages::journal::page),
    get(
        "/journal/checkpoint",
        May(ReadJournal),
        pages::journal::checkpoint,
    ),
    get("/journal/key", May(ReadJournal), pages::journal::key),
    get("/entries/{seq}", May(ReadEntry), pages::entry::page),
    get(
        "/entries/{seq}/receipt",
        May(ReadEntry),
        pages::entry::receipt,
    ),
    get("/me", May(Own), pages::me::page),
    post("/me/language", May(Own), pages::me::language),
    post("/me/password", MayNow(Own), pages::me::password),
    post("/me/code", MayNow(Own), pages::me::second_factor),
    post("/me/sessions", May(Own), pages::me::end_session),
    get("/users", May(ManageUsers), pages::users::all),
    post("/users", MayNow(ManageUsers), pages::users::add),
    post("/users/{login}", MayNow(ManageUsers), pages::users::change),
    get("/audit", May(ReadAudit), pages::audit::page),
    get("/help", May(Own), pages::help::all),
];

/// The server as a service.
pub fn router(server: Arc<Server>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        let filter = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post | Method::Upload => MethodFilter::POST,
        };
        let handle = move |State(server): State<Arc<Server>>, request: Request| async move {
            let since = Instant::now();
            let work = answer(Arc::clone(&server), route, request);
            let response = match tokio::time::timeout(REQUEST_TIME, work).await {
                Ok(response) => response,
                Err(_) => plain(StatusCode::REQUEST_TIMEOUT, "408"),
            };
            let status = response.status().as_u16();
            server.metrics.count(route.path, status, since.elapsed());
            response
        };
        router = router.route(route.path, on(filter, handle));
    }
    for asset in ASSETS.iter() {
        let give = move || async move {
            let mut response = Response::new(Body::from(asset.bytes));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
            headers.insert(
                header::CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=31536000, immutable"),
            );
            headers.insert(
                header::X_CONTENT_TYPE_OPTIONS,
                HeaderValue::from_static("nosniff"),
            );
            response
        };
        router = router.route(&asset.path, axum::routing::get(give));
    }
    let absent = |State(server): State<Arc<Server>>, request: Request| async move {
        const NOWHERE: &Route = &Route {
            method: Method::Get,
            path: "",
            needs: Nothing,
            page: |_, _| Err(Refusal::Absent),
        };
        answer(server, NOWHERE, request).await
    };
    router
        .fallback(absent)
        .method_not_allowed_fallback(|| async { plain(StatusCode::METHOD_NOT_ALLOWED, "405") })
        .layer(tower_http::compression::CompressionLayer::new())
        .with_state(server)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    guard(response.headers_mut());
    response
}

/// Requests that may change the account at a time: each holds what was sent in memory, and waits for a thread.
static CHANGES: Semaphore = Semaphore::const_new(CHANGES_MAX);

/// Answers one request.
async fn answer(server: Arc<Server>, route: &'static Route, request: Request) -> Response {
    // Who changes the account waits here for others, not on a thread that pages need.
    let _turn = match route.changes_books() {
        true => CHANGES.acquire().await.ok(),
        false => None,
    };
    let read = read(&server, route, request).await;
    // Pages compute and read files: not on the threads that wait for sockets.
    let work = tokio::task::spawn_blocking(move || {
        let (ask, answered) = match read {
            Ok(ask) => {
                let answered = (route.page)(&server, &ask);
                (ask, answered)
            }
            Err((ask, refusal)) => (ask, Err(refusal)),
        };
        log(&server, route, &ask, answered.as_ref().err());
        // Nothing that was read meanwhile may be shown.
        if server.has_stopped() {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "503");
        }
        match answered {
            Ok(answer) => respond(&server, &ask, answer),
            Err(refusal) => refuse(&server, &ask, &refusal),
        }
    });
    work.await
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "500"))
}

/// Whether this is somebody who may do this, now, and does not ask too much.
pub(crate) fn let_in(server: &Server, route: &Route, ask: &Ask) -> Result<(), Refusal> {
    let caller = ask.caller.as_ref();
    if let Some(caller) = caller {
        server.may_ask(caller.user.id)?;
    }
    let action = match route.needs {
        Nothing => return Ok(()),
        May(action) | MayNow(action) => action,
    };
    let caller = caller.ok_or(Refusal::SignIn)?;
    match authorize(&caller.user.standings, action, Resource::Account) {
        Verdict::Allow => {}
        Verdict::Deny => return Err(Refusal::Denied),
        Verdict::Hide => return Err(Refusal::Absent),
    }
    let strong = !matches!(route.needs, MayNow(_)) || caller.session.is_strong(ask.now_us);
    if strong {
        Ok(())
    } else {
        Err(Refusal::SignInAgain)
    }
}

/// Reads of what is sensitive, everything that changes something, and everything refused, by whoever is signed in.
fn log(server: &Server, route: &Route, ask: &Ask, refusal: Option<&Refusal>) {
    let action = match route.needs {
        Nothing => return,
        May(action) | MayNow(action) => action,
    };
    let Some(caller) = &ask.caller else { return };
    let sensitive = matches!(
        action,
        ReadUnexplained | ReadVisits | ReadEntry | ReadQueries | ManageUsers | ReadAudit
    );
    let exported = ask.query("format").is_some();
    if route.method == Method::Get && !sensitive && !exported && refusal.is_none() {
        return;
    }
    let line = Audited {
        at_us: ask.now_us,
        login: caller.user.login.clone(),
        action: action.code().to_owned(),
        resource: ask.path.chars().take(300).collect(),
        verdict: refusal.map_or("allow", |r| r.status().1).to_owned(),
        request: ask.id.clone(),
    };
    // A log that cannot be written must not keep the page back; the disk that is full is told by what writes next.
    let _ = server.users.audit(&line);
}

/// What every answer bears.
fn guard(headers: &mut HeaderMap) {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
        ("cache-control", "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn refuse(server: &Server, ask: &Ask, refusal: &Refusal) -> Response {
    let to = match refusal {
        Refusal::SignIn | Refusal::SignInAgain => {
            // Only a page can be come back to; what a form would have changed has to be sent again.
            let page = |r: &&Route| r.method == Method::Get && r.path == ask.path;
            let next = match ask.method {
                Method::Get => ask.here_with(&[]),
                _ if ROUTES.iter().any(|r| page(&r)) => ask.path.clone(),
                _ => String::new(),
            };
            let again = if matches!(refusal, Refusal::SignInAgain) {
                "1"
            } else {
                ""
            };
            Some(crate::ask::link(
                "/sign-in",
                [("next", next.as_str()), ("again", again)],
            ))
        }
        _ => None,
    };
    match to {
        Some(to) => respond(server, ask, Answer::Go(to)),
        None => {
            let status = StatusCode::from_u16(refusal.status().0)
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            html(status, refused(server, ask, refusal))
        }
    }
}

fn html(status: StatusCode, page: String) -> Response {
    let mut response = Response::new(Body::from(page));
    *response.status_mut() = status;
    guard(response.headers_mut());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    response
}

fn respond(server: &Server, ask: &Ask, answer: Answer) -> Response {
    let secure = match server.config.transport {
        Transport::Local => "",
        Transport::Encrypted => "; Secure",
    };
    let name = cookie_name(server);
    match answer {
        Answer::Page(page) => html(StatusCode::OK, page),
        Answer::Again(page) => html(StatusCode::UNPROCESSABLE_ENTITY, page),
        Answer::Go(to) => go(&to, None),
        Answer::Enter { cookie, to } => go(
            &to,
            Some(format!(
                "{name}={cookie}; Path=/; HttpOnly; SameSite=Lax{secure}"
            )),
        ),
        Answer::Leave => go(
            &crate::ask::link("/sign-in", [("lang", ask.lang.code())]),
            Some(format!(
                "{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}"
            )),
        ),
        Answer::File { name, kind, bytes } => {
            let mut response = Response::new(Body::from(bytes));
            guard(response.headers_mut());
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            // Names of files are this program's own; nothing else may stand in a header.
            let name: String = name
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
                .collect();
            if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
                response
                    .headers_mut()
                    .insert(header::CONTENT_DISPOSITION, value);
            }
            response
        }
    }
}

fn go(to: &str, cookie: Option<String>) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    guard(response.headers_mut());
    // Pages of this server only: a path that begins with one slash.
    let local = to.starts_with('/') && !to.starts_with("//");
    // Browsers drop what is between the slashes and take a backslash for one.
    let local = local && !to.contains(|c: char| c == '\\' || c.is_control());
    let to = HeaderValue::from_str(if local { to } else { "/" });
    response.headers_mut().insert(
        header::LOCATION,
        to.unwrap_or(HeaderValue::from_static("/")),
    );
    if let Some(value) = cookie.and_then(|c| HeaderValue::from_str(&c).ok()) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}
