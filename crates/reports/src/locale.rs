//! The words of both languages, from the Fluent files in `locales/`.
//!
//! Message ids are prefixes and stable codes: `code-<quarantine code>` and `remedy-<quarantine code>`,
//! `finding-<code>` and `question-<code>` (in short), `state-<consignment state>`, `line_state-<line state>`, `stage-<stage>`, `kind-<movement kind>`,
//! `reason-`, `mode-`, `packaging-`, `action-`, `field-<column of a movements file>`, `file-<file issue>` and
//! `file_remedy-<file issue>`, `error-<journal error>` and `error_remedy-<journal error>`, `fault-<fault kind>`,
//! `expected-<what was expected, where it is words>`, `remedy_alone-<quarantine code>` (nothing near was found),
//! `head-<column of a table>`, `title-<table>`. Arguments bear the names of the fields of the error that they come from.
//! A test fails if a language lacks a message or an argument that the other one has, or a closed list lacks a text.

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;
use weighbridge_measure::{SubstanceId, SubstanceTable};

use crate::number;

/// The languages of the program.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

/// The files of a language: name and text. Both languages have the same files.
type Files = [(&'static str, &'static str); 11];

macro_rules! files {
    ($lang:literal) => {
        [
            files!($lang, "words.ftl"),
            files!($lang, "quarantine.ftl"),
            files!($lang, "files.ftl"),
            files!($lang, "errors.ftl"),
            files!($lang, "tables.ftl"),
            files!($lang, "summary.ftl"),
            files!($lang, "report.ftl"),
            files!($lang, "unexplained.ftl"),
            files!($lang, "cli.ftl"),
            files!($lang, "web.ftl"),
            files!($lang, "queries.ftl"),
        ]
    };
    ($lang:literal, $name:literal) => {
        (
            $name,
            include_str!(concat!("../locales/", $lang, "/", $name)),
        )
    };
}

const EN: Files = files!("en");
const ZH: Files = files!("zh");

impl Lang {
    /// Every language.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// The code given on the command line: `en` or `zh`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// The language tag of pages (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        }
    }

    /// The language of a locale such as `zh_CN.UTF-8`, `zh-Hans` or `en_GB`; none for other languages.
    #[must_use]
    pub fn of_locale(locale: &str) -> Option<Lang> {
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or("");
        Lang::ALL
            .into_iter()
            .find(|l| language.eq_ignore_ascii_case(l.code()))
    }

    fn files(self) -> &'static Files {
        match self {
            Lang::En => &EN,
            Lang::Zh => &ZH,
        }
    }

    fn id(self) -> LanguageIdentifier {
        self.tag().parse().unwrap_or_default()
    }
}

/// A value put into a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arg<'a> {
    /// A text, as it is.
    Text(Cow<'a, str>),
    /// A number: grouped by thousands, and decides the plural. Numbers that name something (rows, years) are texts.
    Int(i128),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Arg::Text(Cow::Owned(text))
    }
}

macro_rules! int_args {
    ($($ty:ty)+) => {
        $(impl From<$ty> for Arg<'_> {
            fn from(n: $ty) -> Self {
                Arg::Int(i128::from(n))
            }
        })+
    };
}
int_args!(u8 u16 u32 u64 i32 i64 i128);

impl From<usize> for Arg<'_> {
    fn from(n: usize) -> Self {
        Arg::Int(i128::try_from(n).unwrap_or(i128::MAX))
    }
}

/// Largest integer that Fluent's numbers hold exactly; beyond it the text is handed over.
const EXACT: i128 = 1 << 53;

impl<'a> Arg<'a> {
    fn value(&self) -> FluentValue<'_> {
        match self {
            Arg::Text(text) => FluentValue::String(Cow::Borrowed(text)),
            #[allow(clippy::cast_precision_loss, reason = "within 2^53")]
            Arg::Int(n) if n.abs() <= EXACT => FluentValue::Number(FluentNumber::from(*n as f64)),
            Arg::Int(n) => FluentValue::String(Cow::Owned(number::grouped(*n))),
        }
    }
}

/// The messages of one language.
pub struct Texts {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Texts {
    /// Reads the files of a language.
    #[must_use]
    pub fn new(lang: Lang) -> Texts {
        let mut bundle = FluentBundle::new_concurrent(vec![lang.id()]);
        // Isolation marks are for mixed directions; both languages run left to right, and terminals show the marks.
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "made from an integer within 2^53"
            )]
            FluentValue::Number(n) => Some(number::grouped(n.value as i128)),
            _ => None,
        }));
        for (_, text) in lang.files() {
            // A broken message is left out and its id is shown instead; a test keeps broken files from being shipped.
            let resource = FluentResource::try_new((*text).to_owned())
                .unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
        }
        Texts { lang, bundle }
    }

    /// The language.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether there is such a message.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }

    /// A message with its arguments; the id itself where there is no such message.
    #[must_use]
    pub fn say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|m| m.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = args
            .iter()
            .map(|(name, arg)| (*name, arg.value()))
            .collect();
        self.bundle
            .format_pattern(pattern, Some(&args), &mut Vec::new())
            .into_owned()
    }

    /// A message without arguments.
    #[must_use]
    pub fn word(&self, key: &str) -> String {
        self.say(key, &[])
    }

    /// The text of a code of a closed list (`prefix-code`); nothing for the empty code, the code itself where it is new.
    #[must_use]
    pub fn code(&self, prefix: &str, code: &str) -> String {
        let key = format!("{prefix}-{code}");
        if code.is_empty() || !self.has(&key) {
            code.to_owned()
        } else {
            self.word(&key)
        }
    }

    /// What to do about a quarantined row; `suggested` says whether something near was found.
    #[must_use]
    pub fn remedy(&self, code: &str, suggested: bool) -> String {
        let alone = format!("remedy_alone-{code}");
        if !suggested && self.has(&alone) {
            self.word(&alone)
        } else {
            self.code("remedy", code)
        }
    }

    /// A sentence about a list: `key_all` where all of it is shown.
    #[must_use]
    pub fn of_list(&self, key: &str, shown: usize, all: usize, more: &[(&str, Arg<'_>)]) -> String {
        let mut args = vec![("shown", shown.into()), ("all", all.into())];
        args.extend_from_slice(more);
        let whole = format!("{key}_all");
        self.say(if shown >= all { &whole } else { key }, &args)
    }

    /// A substance's name in this language, in English where there is none.
    #[must_use]
    pub fn substance(&self, id: SubstanceId) -> &'static str {
        let substance = SubstanceTable::shipped().get(id);
        match self.lang {
            Lang::En => substance.name_en,
            Lang::Zh => substance.name_zh.unwrap_or(substance.name_en),
        }
    }
}

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts")
            .field("lang", &self.lang)
            .finish_non_exhaustive()
    }
}

mod expected;

#[cfg(test)]
#[path = "locale_tests.rs"]
mod tests;
