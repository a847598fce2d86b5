//! `calibrate`: how high thresholds must be for a stated number of false alarms, and what that rests on.

use clap::Args;
use weighbridge_detection::Population;
use weighbridge_detection::thresholds::{Basis, HOLDERS_MIN};
use weighbridge_detection::unexplained::Survey;
use weighbridge_reports::unexplained::{self as said, Rates};

use super::unexplained::Judging;
use super::{as_of, open_read};
use crate::cli::Reading;
use crate::printer::{Printer, width};
use crate::trouble::Trouble;

/// Arguments of `calibrate`.
#[derive(Args, Debug)]
pub struct Calibrate {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// How it is judged.
    #[command(flatten)]
    pub judging: Judging,
}

impl Calibrate {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let on = as_of(&account, self.reading.as_of);
        let population = Population::of(account.books(), on);
        let survey = Survey::of(&population, self.judging.review());
        let rates = Rates::of(&survey);
        if printer.json {
            return printer.object(&rates);
        }
        let texts = &printer.texts;
        for sentence in said::head(&rates.calibration, on, texts) {
            printer.data(&sentence)?;
        }
        if !survey.judged.is_empty() {
            printer.data(&weighbridge_reports::terminal::render(
                &rates.table(),
                texts,
                width(),
            ))?;
        }
        let enough = match survey.thresholds.basis() {
            Basis::Account => "yes",
            Basis::Simulated => "no",
        };
        printer.tell(
            "calibrate-own",
            &[
                (
                    "own",
                    survey
                        .thresholds
                        .own_holder_years()
                        .round()
                        .to_string()
                        .into(),
                ),
                ("enough", enough.into()),
                ("needed", HOLDERS_MIN.into()),
            ],
        )
    }
}
