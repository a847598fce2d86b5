//! The command line: what can be said, in both languages.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{
    Arg, ArgAction, Args, Command as Clap, CommandFactory, FromArgMatches, Parser, Subcommand,
};
use weighbridge_measure::{Date, DateError, Timestamp};
use weighbridge_reports::{Lang, Texts};

use crate::printer::shell;

/// Form of a date; what clap is told of another one, see [`crate::usage`].
pub(crate) const DATE_FORM: &str = "YYYY-MM-DD";
/// Form of a time.
pub(crate) const TIME_FORM: &str = "YYYY-MM-DDThh:mm:ssZ";
/// The program's name in everything that is said.
pub(crate) const PROGRAM: &str = "weighbridge";
/// Between the least and the greatest of a range.
pub(crate) const TO: &str = "..=";

/// The program's arguments.
#[derive(Parser, Debug)]
#[command(
    name = PROGRAM,
    version,
    disable_help_flag = true,
    disable_help_subcommand = true,
    disable_version_flag = true
)]
pub struct Cli {
    /// Language of everything that is said.
    #[arg(long, global = true, value_name = "zh|en", value_parser = PossibleValuesParser::new(["zh", "en"]))]
    pub lang: Option<String>,
    /// Data for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// The account that the command is about, as it is written on a command line.
    #[arg(skip)]
    pub account: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do: one module in [`crate::commands`] each.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// A synthetic province, imported.
    Demo(crate::commands::demo::Demo),
    /// Files against each other, without set-up.
    Check(crate::commands::check::Check),
    /// A new account.
    Init(crate::commands::init::Init),
    /// Files into an account.
    Import(crate::commands::import::Import),
    /// Balances on a day.
    Balances(crate::commands::balances::Balances),
    /// Consignments by state.
    Consignments(crate::commands::consignments::Consignments),
    /// Lines.
    Movements(crate::commands::movements::Movements),
    /// What balances leave over beyond what weighing explains.
    Unexplained(crate::commands::unexplained::Unexplaineds),
    /// Where to look first.
    Inspect(crate::commands::inspect::Inspect),
    /// Thresholds and what they rest on.
    Calibrate(crate::commands::calibrate::Calibrate),
    /// Questions on accepted lines.
    Findings(crate::commands::findings::Findings),
    /// Rows set aside.
    Quarantine(crate::commands::quarantine::Quarantine),
    /// Queries to firms.
    Queries(crate::commands::queries::Queries),
    /// Ways of a lot.
    Trace(crate::commands::trace::Trace),
    /// The register.
    Holders(crate::commands::holders::Holders),
    /// Instruments of sites.
    Instruments(crate::commands::instruments::Instruments),
    /// A submission taken back.
    Withdraw(crate::commands::withdraw::Withdraw),
    /// A decision on a pairing.
    Review(crate::commands::review::Review),
    /// Everything re-read and re-hashed.
    Verify(crate::commands::verify::Verify),
    /// Everything in one file.
    Backup(crate::commands::backup::Backup),
    /// An account out of such a file.
    Restore(crate::commands::restore::Restore),
    /// Receipts.
    Receipt(crate::commands::receipt::Receipt),
    /// Files for others.
    Export(crate::commands::export::Export),
    /// The account as pages.
    Serve(crate::commands::serve::Serve),
    /// Who may sign in.
    Users(crate::commands::users::UserList),
    /// Benchmarks.
    Bench(crate::commands::bench::Bench),
}

/// An account that is read.
#[derive(Args, Debug, Clone)]
pub struct Reading {
    /// Folder of the account.
    pub dir: PathBuf,
    /// What was true on this day; the latest date in the account where none is given.
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// What was known at this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub known_at: Option<Timestamp>,
}

/// A civil date of an option.
///
/// # Errors
/// What is wrong with it, for clap.
pub fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|error| match error {
        DateError::Malformed => DATE_FORM.to_owned(),
        DateError::OutOfRange => format!("{}{TO}{}", Date::MIN, Date::MAX),
    })
}

/// A time of an option: a day means its last moment.
///
/// # Errors
/// What is wrong with it, for clap.
pub fn time(text: &str) -> Result<Timestamp, String> {
    match text.parse::<Date>() {
        Ok(day) => {
            let next = day.plus_days(1).unwrap_or(Date::MAX).midnight();
            Ok(Timestamp::from_micros(next.micros() - 1))
        }
        Err(_) => text.parse().map_err(|_| TIME_FORM.to_owned()),
    }
}

/// A whole number of an option, within a range.
///
/// # Errors
/// The range, for clap.
pub fn within<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(n) if (LEAST..=MOST).contains(&n) => Ok(n),
        _ => Err(format!("{LEAST}{TO}{MOST}")),
    }
}

/// The language that the arguments or the environment ask for. Looks before the arguments are parsed, so that help
/// and mistakes are in it as well.
#[must_use]
pub fn language(args: &[String], env: &dyn Fn(&str) -> Option<String>) -> Lang {
    let mut given = args
        .iter()
        .zip(args.iter().skip(1))
        .filter(|(a, _)| *a == "--lang")
        .map(|(_, value)| value.as_str());
    let mut joined = args.iter().filter_map(|a| a.strip_prefix("--lang="));
    if let Some(lang) = given
        .next()
        .or_else(|| joined.next())
        .and_then(Lang::of_locale)
    {
        return lang;
    }
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| env(name))
        .find(|value| !value.is_empty());
    match set {
        Some(locale) => Lang::of_locale(&locale).unwrap_or_default(),
        None => sys_locale::get_locale()
            .and_then(|l| Lang::of_locale(&l))
            .unwrap_or_default(),
    }
}

/// The command line with its texts in a language.
#[must_use]
pub fn command(texts: &Texts) -> Clap {
    localize(Cli::command(), texts, "cli")
}

/// Parses arguments.
///
/// # Errors
/// clap's error: a mistake, or the help or version that was asked for.
pub fn parse(texts: &Texts, args: Vec<std::ffi::OsString>) -> Result<Cli, clap::Error> {
    // Whatever the file of the program is called: what is shown as a command line is one that the documents know.
    let args = std::iter::once(PROGRAM.into()).chain(args.into_iter().skip(1));
    let matches = command(texts).try_get_matches_from(args)?;
    let mut cli = Cli::from_arg_matches(&matches)?;
    let mut verb = &matches;
    while let Some((_, inner)) = verb.subcommand() {
        verb = inner;
    }
    let dir = verb.try_get_one::<PathBuf>("dir").ok().flatten();
    cli.account = dir.map(|d| shell(&d.display().to_string()));
    Ok(cli)
}

fn localize(clap: Clap, texts: &Texts, key: &str) -> Clap {
    let is_root = key == "cli";
    let name = clap.get_name().to_owned();
    let about = texts.word(&format!("{key}-about"));
    let example = format!("{key}-example");
    let template = format!(
        "{{about}}\n\n{}: {{usage}}\n\n{{all-args}}{{after-help}}",
        texts.word("cli-usage")
    );
    let options = texts.word("cli-options");
    let arguments = texts.word("cli-arguments");
    let mut clap = clap
        .about(about.clone())
        .long_about(about)
        .help_template(template)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading(texts.word("cli-commands"))
        .subcommand_value_name(texts.code("value", "COMMAND"))
        .mut_args(|arg| {
            let help = texts.word(&arg_key(texts, &name, arg.get_id().as_str()));
            let heading = if arg.is_positional() {
                arguments.clone()
            } else {
                options.clone()
            };
            // clap would add its own English words for these; they stand in the texts.
            let (help, valued) = (
                with_values(texts, help, &arg),
                arg.get_action().takes_values(),
            );
            let arg = named(texts, arg);
            arg.help(help.clone())
                .long_help(help)
                .help_heading(heading)
                .hide_possible_values(valued)
                .hide_default_value(valued)
        })
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(texts.word("cli_arg-help"))
                .help_heading(options.clone()),
        );
    if is_root {
        let version = Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version);
        clap = clap.arg(
            version
                .help(texts.word("cli_arg-version"))
                .help_heading(options),
        );
    }
    if texts.has(&example) {
        let example = texts.word(&example);
        clap = clap.after_help(format!("{}:\n{example}", texts.word("cli-examples")));
    }
    let names: Vec<String> = clap
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect();
    for name in names {
        clap = clap.mut_subcommand(name.clone(), |c| {
            localize(c, texts, &format!("{key}-{name}"))
        });
    }
    clap
}

/// An argument whose value is named in the language; what has to be written as it stands keeps its name.
fn named(texts: &Texts, arg: Arg) -> Arg {
    let names: Vec<String> = (arg.get_value_names().into_iter().flatten())
        .map(|name| {
            let key = name.replace(['|', ':'], "_");
            match texts.has(&format!("value-{key}")) {
                true => texts.code("value", &key),
                false => name.to_string(),
            }
        })
        .collect();
    if names.is_empty() {
        arg
    } else {
        arg.value_names(names)
    }
}

/// What clap has written, with the one word of it that it does not let anybody name.
#[must_use]
pub fn worded(texts: &Texts, rendered: &str) -> String {
    rendered.replace("[OPTIONS]", &texts.word("value-OPTIONS"))
}

/// A help text with the values that are possible and the one that is taken where none is given.
fn with_values(texts: &Texts, mut help: String, arg: &Arg) -> String {
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .map(|v| v.get_name().to_owned())
        .collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        help.push_str(&texts.say("cli-possible", &[("values", values.join(" | ").into())]));
    }
    if let Some(default) = arg.get_default_values().first() {
        help.push_str(&texts.say(
            "cli-default",
            &[("value", default.to_string_lossy().into_owned().into())],
        ));
    }
    help
}

/// The message of an argument: of its command where there is one, else the common one.
fn arg_key(texts: &Texts, command: &str, arg: &str) -> String {
    let own = format!("cli_arg-{command}-{arg}");
    if texts.has(&own) {
        own
    } else {
        format!("cli_arg-{arg}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(clap: &Clap, texts: &Texts, key: &str, found: &mut Vec<String>) {
        for id in [format!("{key}-about"), format!("{key}-example")] {
            if !texts.has(&id) {
                found.push(id);
            }
        }
        for arg in clap
            .get_arguments()
            .filter(|a| !matches!(a.get_id().as_str(), "help" | "version"))
        {
            let id = arg_key(texts, clap.get_name(), arg.get_id().as_str());
            if !texts.has(&id) {
                found.push(id);
            }
        }
        for sub in clap.get_subcommands() {
            missing(sub, texts, &format!("{key}-{}", sub.get_name()), found);
        }
    }

    #[test]
    fn every_command_and_argument_has_its_texts() {
        for lang in Lang::ALL {
            let texts = Texts::new(lang);
            let mut found = Vec::new();
            missing(&Cli::command(), &texts, "cli", &mut found);
            assert_eq!(found, Vec::<String>::new(), "{lang:?}");
            command(&texts).debug_assert();
        }
    }

    #[test]
    fn languages() {
        let none = |_: &str| None;
        let zh = |name: &str| (name == "LANG").then(|| "zh_CN.UTF-8".to_owned());
        let both = |name: &str| match name {
            "LC_ALL" => Some("en_GB.UTF-8".to_owned()),
            _ => Some("zh_CN".to_owned()),
        };
        let args = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(language(&args("w --lang zh demo"), &none), Lang::Zh);
        assert_eq!(language(&args("w demo --lang=en"), &zh), Lang::En);
        assert_eq!(language(&args("w demo"), &zh), Lang::Zh);
        assert_eq!(language(&args("w demo"), &both), Lang::En);
        assert_eq!(
            language(&args("w demo"), &|_| Some("C.UTF-8".to_owned())),
            Lang::En
        );
    }

    #[test]
    fn a_day_means_its_last_moment() {
        assert_eq!(
            time("2025-01-15").unwrap().to_string(),
            "2025-01-15T23:59:59.999999Z"
        );
        assert_eq!(
            time("2025-01-15T08:00:00+08:00").unwrap().to_string(),
            "2025-01-15T00:00:00.000000Z"
        );
        assert!(time("soon").is_err());
        assert_eq!(date("29.2.2024"), Err(DATE_FORM.to_owned()));
        for none in ["2023-02-29", "1900-01-01"] {
            assert_eq!(date(none), Err("1970-01-01..=2149-06-05".to_owned()));
        }
    }
}
