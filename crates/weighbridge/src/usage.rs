//! Mistakes in the arguments, in the language of the texts: clap finds them, the words are ours.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use weighbridge_measure::Date;
use weighbridge_reports::Texts;

use crate::cli::{Cli, DATE_FORM, TIME_FORM, TO, worded};

/// What is wrong with the arguments, how the command is written, and where to look. Help that is shown because the
/// arguments end too early is in the language already.
#[must_use]
pub fn usage(texts: &Texts, error: &clap::Error, args: &[String]) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return worded(texts, error.render().to_string().trim_end());
    }
    let verb = verb(args);
    let Mistake {
        key,
        arg,
        found,
        expected,
    } = mistake(error);
    let plain = format!("{key}-plain");
    let key = if expected.is_empty() && texts.has(&plain) {
        plain
    } else {
        key.to_owned()
    };
    let args = [
        ("arg", arg.into()),
        ("found", found.into()),
        ("expected", expected.into()),
    ];
    let text = texts.say(&key, &args);
    let mut said = texts.say("cli-error", &[("text", text.into())]);
    let line = context(error, ContextKind::Usage);
    let line = line.split_once(':').map_or("", |(_, line)| line.trim());
    if !line.is_empty() {
        let line = worded(texts, line);
        said.push_str(&format!("\n  {}: {line}", texts.word("cli-usage")));
    }
    let remedy = texts.say("usage-remedy", &[("command", verb.into())]);
    format!("{said}\n  {remedy}")
}

/// The command that the arguments name, as far as they name one.
fn verb(args: &[String]) -> String {
    let mut clap = Cli::command();
    let mut verb = vec![clap.get_name().to_owned()];
    for arg in args.iter().skip(1) {
        let Some(inner) = clap.find_subcommand(arg).cloned() else {
            continue;
        };
        verb.push(inner.get_name().to_owned());
        clap = inner;
    }
    verb.join(" ")
}

/// A mistake as a message and its arguments.
struct Mistake {
    key: &'static str,
    arg: String,
    found: String,
    expected: String,
}

fn mistake(error: &clap::Error) -> Mistake {
    let of = |kind| context(error, kind);
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let new = |key, arg: &str, found: String, expected: String| Mistake {
        key,
        arg: arg.to_owned(),
        found,
        expected,
    };
    match error.kind() {
        ErrorKind::ValueValidation => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            let cause = cause.unwrap_or_default();
            if [DATE_FORM, TIME_FORM].contains(&cause.as_str()) {
                new("usage-form", &arg, value, cause)
            } else if let Some((least, most)) = cause.split_once(TO) {
                let is_day = least.parse::<Date>().is_ok();
                let (key, between) = match is_day {
                    true => ("usage-day", " – "),
                    false => ("usage-range", "–"),
                };
                new(key, &arg, value, format!("{least}{between}{most}"))
            } else {
                // Every other argument that is parsed is a number.
                new("usage-number", &arg, value, String::new())
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            new("usage-no_value", &arg, value, arg.clone())
        }
        ErrorKind::InvalidValue => {
            let possible = all(error, ContextKind::ValidValue, " | ");
            new("usage-value", &arg, value, possible)
        }
        ErrorKind::MissingRequiredArgument => new("usage-missing", "", arg, String::new()),
        ErrorKind::UnknownArgument if !arg.starts_with('-') => {
            new("usage-extra", "", arg, String::new())
        }
        ErrorKind::UnknownArgument => new("usage-unknown", "", arg, of(ContextKind::SuggestedArg)),
        ErrorKind::InvalidSubcommand => {
            let near = of(ContextKind::SuggestedSubcommand);
            new(
                "usage-command",
                "",
                of(ContextKind::InvalidSubcommand),
                near,
            )
        }
        ErrorKind::MissingSubcommand => {
            let possible = all(error, ContextKind::ValidSubcommand, ", ");
            new("usage-no_command", "", String::new(), possible)
        }
        ErrorKind::ArgumentConflict => {
            let prior = of(ContextKind::PriorArg);
            if arg.is_empty() {
                new("usage-other", "", String::new(), String::new())
            } else if prior == arg {
                new("usage-twice", "", arg, String::new())
            } else {
                new("usage-conflict", "", arg, prior)
            }
        }
        ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::NoEquals => new("usage-values", &arg, String::new(), String::new()),
        ErrorKind::InvalidUtf8 => new("usage-utf8", "", String::new(), String::new()),
        // What clap may add later, or cannot print: the hint at --help is all there is to say.
        _ => new("usage-other", "", String::new(), String::new()),
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::Strings(_)) => all(error, kind, " "),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

fn all(error: &clap::Error, kind: ContextKind, between: &str) -> String {
    match error.get(kind) {
        Some(ContextValue::Strings(all)) => all.join(between),
        _ => String::new(),
    }
}
