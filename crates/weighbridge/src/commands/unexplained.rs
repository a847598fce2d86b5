//! `unexplained`: what the balances leave over beyond what weighing can explain, since when and how sure.

use clap::Args;
use weighbridge_detection::Population;
use weighbridge_detection::unexplained::{Promise, Review, Survey};
use weighbridge_reports::Table;
use weighbridge_reports::unexplained::{self as said, Unexplained, Wanted};

use super::{Pick, as_of, open_read};
use crate::cli::{self, Reading};
use crate::printer::{Printer, width};
use crate::trouble::Trouble;

/// Entries told in sentences where nothing else is asked for.
const TOLD: usize = 10;
/// Days of a year.
const YEAR: u32 = 365;

/// How the account is judged.
#[derive(Args, Debug, Clone)]
pub struct Judging {
    /// Days back from the last settled stocktake of each series.
    #[arg(long, value_name = "N", default_value_t = YEAR, value_parser = cli::within::<28, 3653>)]
    pub days: u32,
    /// False alarms among 1,000 honest holder-years.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = cli::within::<1, 500>)]
    pub per_1000: u32,
    /// In place of a rate: percent of this one list without a real difference, on average at most.
    #[arg(long, value_name = "N", conflicts_with = "per_1000", value_parser = cli::within::<1, 50>)]
    pub wrong_share: Option<u32>,
    /// What everything drawn at random follows from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

impl Judging {
    pub(super) fn review(&self) -> Review {
        Review {
            days: i32::try_from(self.days).unwrap_or(i32::MAX),
            promise: match self.wrong_share {
                Some(percent) => Promise::Share(f64::from(percent) / 100.0),
                None => Promise::Rate(f64::from(self.per_1000)),
            },
            seed: self.seed,
            ..Review::default()
        }
    }
}

/// Arguments of `unexplained`.
#[derive(Args, Debug)]
pub struct Unexplaineds {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// Which of them; those that are named are told, listed or not.
    #[command(flatten)]
    pub pick: Pick,
    /// Site of the holder.
    #[arg(long, value_name = "CODE")]
    pub site: Option<String>,
    /// How it is judged.
    #[command(flatten)]
    pub judging: Judging,
    /// Each entry with its balance period by period.
    #[arg(long)]
    pub periods: bool,
}

impl Unexplaineds {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let on = as_of(&account, self.reading.as_of);
        let (holder, substance) = (self.pick.holder(&account)?, self.pick.substance()?);
        let books = account.books();
        let site_is = |code: &str| {
            let wanted = self.site.as_deref();
            wanted.is_none_or(|wanted| code.eq_ignore_ascii_case(wanted))
        };
        let known = books.registry.sites().any(|(_, s)| site_is(&s.code));
        if let Some(site) = self.site.as_ref().filter(|_| !known) {
            return Err(Trouble::Unknown {
                what: "site",
                name: site.clone(),
            });
        }
        let named = holder.is_some() || substance.is_some() || self.site.is_some();
        let population = Population::of(books, on);
        let survey = Survey::of(&population, self.judging.review());
        let asked: Vec<u32> = (books.substances.all_series())
            .filter(|(_, s)| holder.is_none_or(|h| h == s.holder_on(&books.registry, on)))
            .filter(|(_, s)| substance.is_none_or(|wanted| wanted == s.substance))
            .filter(|(_, s)| {
                books
                    .registry
                    .site(s.site)
                    .is_some_and(|s| site_is(&s.code))
            })
            .map(|(number, _)| number)
            .collect();
        let judged = asked.iter().copied().filter(|n| survey.get(*n).is_some());
        let wanted: Vec<u32> = judged.collect();
        let lookup = account.lookup();
        let every = named || printer.json;
        let what = Wanted {
            series: named.then_some(&wanted[..]),
            entries: self
                .pick
                .limit
                .unwrap_or(if every { usize::MAX } else { TOLD }),
        };
        let result = Unexplained::build(&population, &survey, &what, &lookup);
        if printer.json {
            return printer.object(&result);
        }
        if named && wanted.is_empty() {
            return printer.data(&said::nothing_of(&survey, &asked, &printer.texts));
        }
        tell(&result, self.periods, "unexplained-more", printer)
    }
}

/// What an account leaves unexplained: what the list rests on, the list, and its entries in sentences. `more` is the key of
/// the sentence that says where the others are.
pub(super) fn tell(
    result: &Unexplained,
    periods: bool,
    more: &str,
    printer: &Printer,
) -> Result<(), Trouble> {
    let texts = &printer.texts;
    let render = |table: &Table| weighbridge_reports::terminal::render(table, texts, width());
    for sentence in said::head(&result.calibration, result.as_of, texts) {
        printer.data(&sentence)?;
    }
    if let Some(count) = said::count(result, texts) {
        printer.data("")?;
        printer.data(&count)?;
    }
    if result.entries.len() > 1 {
        printer.data(&render(&said::list(&result.entries, texts)))?;
    }
    for entry in &result.entries {
        printer.data("")?;
        printer.data(&said::entry(entry, texts, printer.account.as_deref()))?;
        if periods {
            printer.data(&render(&said::periods(entry)))?;
        }
    }
    printer.data("")?;
    if result.left_out > 0 {
        printer.tell(more, &[("n", result.left_out.into())])?;
    }
    let asides = [said::gains(result, texts), said::silent(result, texts)];
    asides
        .into_iter()
        .flatten()
        .try_for_each(|s| printer.data(&s))
}
