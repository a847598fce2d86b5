//! A request, as pages see it: who asks for what, in which language.

use std::collections::BTreeMap;
use std::sync::Arc;

use weighbridge_reports::Lang;

use crate::routes::Method;
use crate::users::{Session, User};

/// A file that came with a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) session: Session,
    /// What forms of this session must bring back.
    pub(crate) csrf: String,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Path without its query.
    pub(crate) path: String,
    /// How it is asked.
    pub(crate) method: Method,
    /// The parts of the path that a route leaves open, in order.
    pub(crate) params: Vec<String>,
    /// The query; the last of several of one name.
    pub(crate) query: BTreeMap<String, String>,
    /// The form.
    pub(crate) form: BTreeMap<String, String>,
    /// The file of the form.
    pub(crate) upload: Option<Upload>,
    /// The cookie of a session, whether or not it holds.
    pub(crate) cookie: Option<String>,
    pub(crate) caller: Option<Caller>,
    pub(crate) lang: Lang,
    pub(crate) now_us: i64,
    /// Id of this request.
    pub(crate) id: String,
    /// What the browser calls itself.
    pub(crate) agent: String,
}

impl Ask {
    /// A field of the query without blanks around it; none where it is empty.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query
            .get(name)
            .map(|v| v.trim())
            .filter(|v| !v.is_empty())
    }

    /// A field of the form without blanks around it.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", |v| v.trim())
    }

    /// A part of the path.
    pub(crate) fn param(&self, at: usize) -> &str {
        self.params.get(at).map_or("", String::as_str)
    }

    /// The path with its query, but for some fields.
    pub(crate) fn here_with(&self, changed: &[(&str, &str)]) -> String {
        let mut query: BTreeMap<&str, &str> = self
            .query
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        for (name, value) in changed {
            if value.is_empty() {
                query.remove(name);
            } else {
                query.insert(name, value);
            }
        }
        link(&self.path, query)
    }
}

/// A path with a query.
pub(crate) fn link<'a>(path: &str, query: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = query
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)))
        .collect();
    if pairs.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

/// A text as a part of a path or a query (RFC 3986, 2.3).
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The reverse, of a query too; what is no text in UTF-8 becomes a mark.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |b: Option<u8>| char::from(b?).to_digit(16);
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        rest = ahead;
                    }
                    _ => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The fields of a query or a form.
pub(crate) fn fields(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_go_round() {
        for text in ["", "丙酮 50%", "a&b=c+d/é?#", "\u{0}\u{7f}"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!(decoded("a%2"), "a%2");
        assert_eq!(decoded("%zz%41"), "%zzA");
        assert_eq!(decoded("%ff"), "\u{fffd}");
        let all = fields("a=1&b=x+y&a=2&&c");
        assert_eq!(all.get("a").map(String::as_str), Some("2"));
        assert_eq!(all.get("b").map(String::as_str), Some("x y"));
        assert_eq!(all.get("c").map(String::as_str), Some(""));
    }
}
