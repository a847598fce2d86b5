//! From the bytes of a request to an [`Ask`]: session, language, form, file. Whether the caller may come in is asked here,
//! before anything is read of what is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest as _, FromRequestParts as _, Multipart, RawPathParams, Request};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use weighbridge_reports::Lang;

use crate::answer::Refusal;
use crate::ask::{Ask, Caller, Upload, fields};
use crate::limits::{FORM_MAX, UPLOAD_MAX};
use crate::routes::{Method, Route, let_in};
use crate::state::{Server, Transport};

/// Reads a request; what can be said of it comes along where it is refused.
pub(crate) async fn read(
    server: &Arc<Server>,
    route: &'static Route,
    request: Request,
) -> Result<Ask, (Ask, Refusal)> {
    let (mut parts, body) = request.into_parts();
    let now_us = server.now_us();
    let header = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let query = fields(parts.uri.query().unwrap_or(""));
    let mut ask = Ask {
        // One slash: two begin the name of a host wherever the path is linked.
        path: format!("/{}", parts.uri.path().trim_start_matches('/')),
        method: route.method,
        params: Vec::new(),
        lang: language(&query, header(header::ACCEPT_LANGUAGE)),
        query,
        form: BTreeMap::new(),
        upload: None,
        cookie: header(header::COOKIE).and_then(|c| cookie(server, c)),
        caller: None,
        now_us,
        id: request_id(),
        agent: header(header::USER_AGENT).unwrap_or("").to_owned(),
    };
    if let Ok(params) = RawPathParams::from_request_parts(&mut parts, &()).await {
        ask.params = params.iter().map(|(_, value)| value.to_owned()).collect();
    }
    let (shared, token) = (Arc::clone(server), ask.cookie.clone());
    let found = match token {
        None => Ok(None),
        Some(token) => {
            let known = tokio::task::spawn_blocking(move || {
                shared
                    .users
                    .session(&token, now_us)
                    .map(|s| s.map(|s| (token, s)))
            });
            known.await.unwrap_or(Ok(None))
        }
    };
    match found {
        Ok(Some((token, (user, session)))) => {
            ask.lang = user.lang;
            ask.caller = Some(Caller {
                csrf: csrf(&token),
                user,
                session,
            });
        }
        Ok(None) => {}
        Err(error) => return Err((ask, Refusal::Users(error))),
    }
    if route.method != Method::Get && is_foreign(&parts.headers) {
        return Err((ask, Refusal::Forged));
    }
    // Nothing is read of who may not send it.
    if let Err(refusal) = let_in(server, route, &ask) {
        return Err((ask, refusal));
    }
    if route.method == Method::Get {
        return Ok(ask);
    }
    let filled = match route.method {
        Method::Upload => with_file(&mut ask, Request::from_parts(parts, body)).await,
        _ => match to_bytes(body, FORM_MAX).await {
            Ok(bytes) => {
                ask.form = fields(&String::from_utf8_lossy(&bytes));
                Ok(())
            }
            Err(_) => Err(Refusal::TooLarge),
        },
    };
    let forged = |c: &Caller| c.csrf != ask.field("csrf");
    match filled {
        Ok(()) if ask.caller.as_ref().is_some_and(forged) => Err((ask, Refusal::Forged)),
        Ok(()) => Ok(ask),
        Err(refusal) => Err((ask, refusal)),
    }
}

/// Reads a form with a file.
async fn with_file(ask: &mut Ask, request: Request) -> Result<(), Refusal> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|n| n > UPLOAD_MAX + FORM_MAX) {
        return Err(Refusal::TooLarge);
    }
    let bad = || Refusal::Bad("form", String::new());
    let mut request = request;
    axum::extract::DefaultBodyLimit::max(UPLOAD_MAX + FORM_MAX).apply(&mut request);
    let mut parts = Multipart::from_request(request, &())
        .await
        .map_err(|_| bad())?;
    let refused = |e: axum::extract::multipart::MultipartError| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Bad("form", String::new()),
    };
    while let Some(part) = parts.next_field().await.map_err(refused)? {
        let (name, file) = (
            part.name().unwrap_or("").to_owned(),
            part.file_name().map(str::to_owned),
        );
        let bytes = part.bytes().await.map_err(refused)?;
        match file {
            Some(file) if !bytes.is_empty() => {
                // Only the last part of what a browser calls a path.
                let last = file.rsplit(['/', '\\']).next().unwrap_or("").to_owned();
                ask.upload = Some(Upload {
                    name: last,
                    bytes: bytes.as_ref().into(),
                });
            }
            Some(_) => {}
            None => {
                ask.form
                    .insert(name, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(())
}

/// Whether a browser says that the form came from somewhere else.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    let host = text("host").unwrap_or("");
    text("origin").is_some_and(|origin| origin.split_once("://").is_none_or(|(_, h)| h != host))
}

pub(crate) fn cookie_name(server: &Server) -> &'static str {
    match server.config.transport {
        Transport::Local => "weighbridge",
        Transport::Encrypted => "__Host-weighbridge",
    }
}

fn cookie(server: &Server, header: &str) -> Option<String> {
    let pairs = header.split(';').filter_map(|p| p.trim().split_once('='));
    let own = pairs.filter(|(name, _)| *name == cookie_name(server));
    own.map(|(_, value)| value.to_owned()).last()
}

fn csrf(cookie: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, cookie.as_bytes());
    URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, b"csrf"))
}

fn request_id() -> String {
    let mut bytes = [0; 6];
    // Without random bytes the request goes on under an id of zeros: it names a line of the log and guards nothing.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The language that is asked for by the query, else the first of the browser's that is here.
fn language(query: &BTreeMap<String, String>, accepted: Option<&str>) -> Lang {
    let asked = query.get("lang").and_then(|l| Lang::of_locale(l));
    let mut accepted = accepted.unwrap_or("").split(',');
    asked
        .or_else(|| accepted.find_map(|l| Lang::of_locale(l.split(';').next()?.trim())))
        .unwrap_or_default()
}
