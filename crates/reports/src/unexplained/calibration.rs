//! What a list rests on: its threshold, the honest holder-years behind it, and what other thresholds would promise.

use serde::Serialize;
use weighbridge_detection::thresholds::{Basis, HOLDERS_MIN};
use weighbridge_detection::unexplained::{Promise, Survey};
use weighbridge_measure::Date;

use crate::check::date;
use crate::table::{Cell, Column, Kind, Table};

/// Version of the JSON object of `calibrate`; grows when a field changes its meaning or goes away.
pub(super) const SCHEMA: &str = "weighbridge-thresholds/1";

/// What a list rests on.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Calibrated {
    /// `simulated` or `account`.
    pub basis: &'static str,
    /// False alarms that are expected among 1,000 honest holder-years; none where the list promises a share.
    pub per_1000: Option<f64>,
    /// Share of the list that on average has no real difference, at most; none where it promises a rate.
    pub wrong_share: Option<f64>,
    /// The threshold of the statistic.
    pub threshold: f64,
    /// Honest holder-years that it rests on.
    pub holder_years: f64,
    /// Holder-years of the account itself.
    pub own_holder_years: f64,
    /// Alarms among 1,000 fresh honest holder-years.
    pub fresh_per_1000: f64,
    /// What is not exceeded with 95 % confidence, per 1,000 holder-years.
    pub at_most_per_1000: f64,
    /// Whether fresh honest holders alarm no more often than stated; where not, no list is issued.
    pub holds: bool,
    /// What a second rule says of a list that promises a share.
    pub second_opinion: Option<SecondOpinion>,
}

/// What a list by e-values says: valid whatever holders have in common, if declared tolerances are honest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct SecondOpinion {
    /// Holders that it lists.
    pub holders: usize,
    /// Those of them that are on the list.
    pub agreed: usize,
}

impl Calibrated {
    /// What the list of a survey rests on.
    #[must_use]
    pub fn of(survey: &Survey) -> Calibrated {
        let (thresholds, threshold) = (&survey.thresholds, &survey.threshold);
        Calibrated {
            basis: match thresholds.basis() {
                Basis::Simulated => "simulated",
                Basis::Account => "account",
            },
            per_1000: match survey.review.promise {
                Promise::Rate(per_1000) => Some(per_1000),
                Promise::Share(_) => None,
            },
            wrong_share: match survey.review.promise {
                Promise::Rate(_) => None,
                Promise::Share(share) => Some(share),
            },
            threshold: super::finite(threshold.at),
            holder_years: thresholds.holder_years(),
            own_holder_years: thresholds.own_holder_years(),
            fresh_per_1000: rate(threshold.fresh),
            at_most_per_1000: rate(threshold.at_most),
            holds: threshold.holds,
            second_opinion: survey.second.map(|s| SecondOpinion {
                holders: s.holders,
                agreed: s.agreed,
            }),
        }
    }
}

/// A share of a thousand to a millionth, without what binary fractions leave behind it.
fn rate(per_1000: f64) -> f64 {
    (per_1000 * 1e6).round() / 1e6
}

/// What `calibrate` says: what thresholds rest on, and what they are for some rates of false alarm.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Rates {
    /// Version of the object.
    pub schema: &'static str,
    /// The day.
    #[serde(serialize_with = "date")]
    pub as_of: Date,
    /// What the list rests on that is asked for.
    pub calibration: Calibrated,
    /// Own holder-years from which on thresholds rest on them.
    pub own_needed: usize,
    /// By rate, ascending; the asked one among them.
    pub rates: Vec<Rate>,
}

/// The threshold for a rate of false alarms.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Rate {
    /// Honest holders in a thousand that are listed in a year, at most, with 95 % confidence.
    pub per_1000: f64,
    /// Threshold of the statistic; none where there are too few holder-years for it.
    pub threshold: Option<f64>,
    /// Alarms among 1,000 fresh honest holder-years.
    pub fresh_per_1000: Option<f64>,
    /// What is not exceeded with 95 % confidence, per 1,000 holder-years.
    pub at_most_per_1000: Option<f64>,
    /// The threshold by own holders alone.
    pub own_threshold: Option<f64>,
    /// Own holders beyond the threshold.
    pub own_alarms: usize,
}

impl Rates {
    /// Thresholds for some rates of false alarm.
    #[must_use]
    pub fn of(survey: &Survey) -> Rates {
        const RATES: [f64; 6] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0];
        let mut rates = RATES.to_vec();
        if let Promise::Rate(asked) = survey.review.promise
            && !rates.contains(&asked)
        {
            rates.push(asked);
            rates.sort_by(f64::total_cmp);
        }
        let figure = |x: f64| x.is_finite().then_some(x);
        let of = |per_1000: f64| {
            let of = survey.thresholds.for_rate(per_1000);
            Rate {
                per_1000,
                threshold: figure(of.at),
                fresh_per_1000: figure(rate(of.fresh)),
                at_most_per_1000: figure(rate(of.at_most)),
                own_threshold: figure(survey.thresholds.own_for_rate(per_1000)),
                own_alarms: survey.thresholds.own_beyond(of.at),
            }
        };
        Rates {
            schema: SCHEMA,
            as_of: survey.on,
            calibration: Calibrated::of(survey),
            own_needed: HOLDERS_MIN,
            rates: rates.into_iter().map(of).collect(),
        }
    }

    /// As a table.
    #[must_use]
    pub fn table(&self) -> Table {
        let columns = [
            Column::new("per_1000", "head-rate", Kind::Text),
            Column::new("threshold", "head-threshold", Kind::Text),
            Column::new("fresh_per_1000", "head-fresh", Kind::Text),
            Column::new("at_most_per_1000", "head-limit", Kind::Text),
            Column::new("own_threshold", "head-own_threshold", Kind::Text),
            Column::new("own_alarms", "head-own_alarms", Kind::Int),
        ];
        let figure = |x: Option<f64>| x.map_or(Cell::Null, |x| Cell::text(format!("{x:.2}")));
        let row = |of: &Rate| {
            vec![
                Cell::text(format!("{}", of.per_1000)),
                figure(of.threshold),
                figure(of.fresh_per_1000),
                figure(of.at_most_per_1000),
                figure(of.own_threshold),
                Cell::int(i128::try_from(of.own_alarms).unwrap_or(0)),
            ]
        };
        let mut table = Table::new("thresholds", "title-thresholds", &columns);
        table.rows = self.rates.iter().map(row).collect();
        table
    }
}
