//! What a proxy writes into a request is nowhere believed: anybody else can write it too.

use super::*;

/// Headers of proxies, as somebody writes them who wants to be taken for another.
const FORWARDED: [(&str, &str); 7] = [
    ("forwarded", "for=192.0.2.66;proto=http;host=evil.example"),
    ("x-forwarded-for", "192.0.2.66, 127.0.0.1"),
    ("x-forwarded-proto", "http"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-port", "80"),
    ("x-real-ip", "192.0.2.66"),
    ("x-forwarded-ssl", "off"),
];

fn seen(world: &World, request: axum::http::request::Builder, body: &str) -> String {
    let seen = world.ask(request.body(Body::from(body.to_owned())).unwrap());
    // The token of a session is random.
    let random = |n: &&(String, String)| n.0 != "set-cookie";
    let headers: Vec<(String, String)> = (seen.headers.iter())
        .map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()))
        .collect();
    let headers: Vec<_> = headers.iter().filter(random).collect();
    let flags = seen.cookie.split_once(';').map_or("", |(_, f)| f);
    format!("{} {headers:?} {flags} {}", seen.status, seen.body)
}

#[test]
fn headers_of_proxies_change_nothing() {
    for transport in [Transport::Local, Transport::Encrypted] {
        let world = world_of(transport);
        let administrator = world.somebody(Role::Administrator, "all");
        let name = crate::read::cookie_name(&world.server);
        let cookie = format!("{name}={administrator}");
        for (method, path, form) in [
            ("GET", "/", ""),
            ("GET", "/sign-in", ""),
            ("GET", "/journal", ""),
            ("POST", "/sign-in", "login=nobody&password=wrong"),
            ("GET", "/holders", ""),
            ("POST", "/sign-out", ""),
        ] {
            let ask = |cookie: &str| {
                Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::COOKIE, cookie)
                    .header(header::HOST, "weighbridge.lan")
                    .header(header::ORIGIN, "https://weighbridge.lan")
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            };
            for cookie in ["", cookie.as_str()] {
                let plain = seen(&world, ask(cookie), form);
                let forged = (FORWARDED.iter()).fold(ask(cookie), |r, (n, v)| r.header(*n, *v));
                let forged = seen(&world, forged, form);
                let (plain, forged) = (without_numbers(&plain), without_numbers(&forged));
                assert_eq!(plain, forged, "{transport:?} {method} {path}");
            }
        }
        let log = format!("{:?}", world.server.users().audited(500).unwrap());
        assert!(
            log.contains("sign_in") && !log.contains("192.0.2.66"),
            "{log}"
        );
    }
}

/// Without words of twelve hexadecimal digits, which number requests.
fn without_numbers(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| w.len() != 12 || !w.chars().all(|c| c.is_ascii_hexdigit()))
        .collect::<Vec<_>>()
        .join(" ")
}
