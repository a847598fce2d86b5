//! The survey of an account: every series judged, and of those that speak, what there is to say.

use weighbridge_accountancy::Family;
use weighbridge_accountancy::bank::readings;
use weighbridge_accountancy::calibration::Verdict;
use weighbridge_accountancy::channel::Readings;
use weighbridge_accountancy::covariance::{Parts, parts_of_sum, standard_deviations, sum_variance};
use weighbridge_accountancy::detector::log_sum_exp;
use weighbridge_accountancy::lists::e_benjamini_hochberg;
use weighbridge_accountancy::model::Model;
use weighbridge_accountancy::ranking::{self, Masses};
use weighbridge_accountancy::series::Series;
use weighbridge_books::registry::HolderId;
use weighbridge_measure::Date;

use crate::book::{Silent, Waiting};
use crate::cores;
use crate::population::Population;
use crate::study::{Source, Study, What};
use crate::thresholds::{DRAWN, Drawn, Member, Threshold, Thresholds};

/// The largest factor by which an instrument is tried to be worse than declared.
pub const WORSE_MAX: f64 = 16.0;

/// What a list promises; not both, since no list can hold both at once.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Promise {
    /// At most so many false alarms among 1,000 honest holder-years, list after list.
    Rate(f64),
    /// Of the entries of this one list, on average at most this share without a real difference.
    Share(f64),
}

/// What is asked of a survey.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Review {
    /// Length of the review, days back from the last settled stocktake of each series.
    pub days: i32,
    /// What the list promises.
    pub promise: Promise,
    /// What drawn years follow from.
    pub seed: u64,
    /// How many are drawn.
    pub drawn: Drawn,
}

impl Default for Review {
    fn default() -> Review {
        Review {
            days: 365,
            promise: Promise::Rate(10.0),
            seed: 1,
            drawn: DRAWN,
        }
    }
}

/// A series that was judged.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// Its number.
    pub number: u32,
    /// Who answers for it.
    pub holder: HolderId,
    /// The largest statistic of the review.
    pub statistic: f64,
    /// What an inspection is expected to find, kg; a weight for ordering.
    pub value: f64,
    /// The largest statistic of its gains: figures that say more is there than should be.
    pub gain: f64,
    /// Its e-value at the end of the review.
    pub e: f64,
    /// Periods that are settled and judged.
    pub periods: usize,
}

/// What a second rule says of a list that promises a share: e-values of holders, valid whatever these have in common, if the
/// declared tolerances are honest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SecondOpinion {
    /// Holders that it lists.
    pub holders: usize,
    /// Those of them that are on the list.
    pub agreed: usize,
}

/// The account as judged on a day.
#[derive(Clone, PartialEq, Debug)]
pub struct Survey {
    /// The day.
    pub on: Date,
    /// What was asked.
    pub review: Review,
    /// What it rests on.
    pub thresholds: Thresholds,
    /// The threshold of the list.
    pub threshold: Threshold,
    /// What a second rule says, of a list that promises a share.
    pub second: Option<SecondOpinion>,
    /// Every series that could be judged, by number.
    pub judged: Vec<Judged>,
    /// Series of which nothing can be said, by number.
    pub silent: Vec<(u32, Silent)>,
    /// Series with stocktakes but without a settled period.
    pub unsettled: Vec<u32>,
}

/// Settled periods of a study that end within so many days before its last settled one.
#[must_use]
pub fn window(study: &Study, days: i32) -> std::ops::Range<usize> {
    let settled = study.book.spans.get(..study.settled).unwrap_or(&[]);
    let Some(last) = settled.last() else {
        return 0..0;
    };
    let first = settled.partition_point(|s| last.to.minus(s.to) >= days);
    first..settled.len()
}

impl Survey {
    /// Judges every series of an account.
    #[must_use]
    pub fn of(population: &Population<'_>, review: Review) -> Survey {
        let numbers = population.numbers();
        let registry = &population.books().registry;
        let (mut members, mut silent, mut unsettled) = (Vec::new(), Vec::new(), Vec::new());
        let studied = cores::map(numbers.len(), |at| {
            let number = numbers.get(at).copied().unwrap_or(u32::MAX);
            let study = population.study(number);
            let study = study.map(|s| {
                let (window, believed) = (window(&s, review.days), s.believed());
                (s.book.series, window, believed, s.series, s.gains)
            });
            (number, study)
        });
        for (number, studied) in studied {
            match studied {
                Err(why) => silent.push((number, why)),
                Ok((_, window, ..)) if window.is_empty() => unsettled.push(number),
                Ok((series, window, believed, settled, gains)) => members.push((
                    series,
                    number,
                    Member {
                        holder: series.holder_on(registry, population.on()),
                        series: settled,
                        gains,
                        window,
                        believed,
                    },
                )),
            }
        }
        // By codes, so that years are drawn alike whatever was reported first.
        members.sort_by_cached_key(|(series, _, member)| {
            let (holder, site) = population.codes(Some(member.holder), series.site);
            (holder, member.holder, site, series.substance)
        });
        let (numbers, members): (Vec<u32>, Vec<Member>) = members
            .into_iter()
            .map(|(_, number, member)| (number, member))
            .unzip();
        let years = f64::from(review.days) / 365.0;
        let thresholds = Thresholds::of(&members, years, review.seed, review.drawn);
        let judged = cores::map(members.len(), |at| {
            let (number, member) = (numbers.get(at).copied()?, members.get(at)?);
            Some(judge(number, member, &thresholds))
        });
        let mut judged: Vec<Judged> = judged.into_iter().flatten().collect();
        // A pack that is missing is a fact, and no measure of how far honest errors go.
        let uncertain = judged.chunk_by(|a, b| a.holder == b.holder).map(|own| {
            let own = own
                .iter()
                .map(|j| j.statistic)
                .filter(|s| *s < f64::INFINITY);
            own.fold(f64::NEG_INFINITY, f64::max)
        });
        let statistics: Vec<f64> = uncertain.filter(|s| *s > f64::NEG_INFINITY).collect();
        let thresholds = thresholds.resting_on(&members, &statistics);
        let (threshold, second) = match review.promise {
            Promise::Rate(per_1000) => (thresholds.for_rate(per_1000), None),
            Promise::Share(share) => {
                let threshold = thresholds.for_share(&statistics, share);
                let holders: Vec<&[Judged]> =
                    judged.chunk_by(|a, b| a.holder == b.holder).collect();
                (threshold, Some(second(&holders, share, threshold.at)))
            }
        };
        judged.sort_by_key(|j| j.number);
        Survey {
            on: population.on(),
            threshold,
            second,
            review,
            thresholds,
            judged,
            silent,
            unsettled,
        }
    }

    /// Series beyond the threshold, the most surprising first.
    #[must_use]
    pub fn listed(&self) -> Vec<&Judged> {
        self.beyond(|j| j.statistic)
    }

    /// Series with an unexplained gain: data quality or unreported production, never set off against losses.
    #[must_use]
    pub fn gains(&self) -> Vec<&Judged> {
        self.beyond(|j| j.gain)
    }

    fn beyond(&self, of: impl Fn(&Judged) -> f64) -> Vec<&Judged> {
        let beyond = self.judged.iter().filter(|j| of(j) >= self.threshold.at);
        let mut beyond: Vec<&Judged> = beyond.collect();
        beyond.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.number.cmp(&b.number)));
        beyond
    }

    /// A judged series.
    #[must_use]
    pub fn get(&self, number: u32) -> Option<&Judged> {
        let at = self
            .judged
            .binary_search_by_key(&number, |j| j.number)
            .ok()?;
        self.judged.get(at)
    }
}

/// The e-value of a holder is the mean of those of its series, which is one again; the largest would be none.
fn second(holders: &[&[Judged]], share: f64, threshold: f64) -> SecondOpinion {
    #[allow(clippy::cast_precision_loss, reason = "a count of series")]
    let mean = |own: &&[Judged]| own.iter().map(|j| j.e).sum::<f64>() / own.len().max(1) as f64;
    let e: Vec<f64> = holders.iter().map(mean).collect();
    let listed = e_benjamini_hochberg(&e, share);
    let agrees = |at: &&usize| {
        let own = holders.get(**at).copied().unwrap_or(&[]);
        own.iter().any(|j| j.statistic >= threshold)
    };
    SecondOpinion {
        holders: listed.len(),
        agreed: listed.iter().filter(agrees).count(),
    }
}

fn judge(number: u32, member: &Member, thresholds: &Thresholds) -> Judged {
    let of = |all: &[Readings]| {
        let own = all.get(member.window.clone()).unwrap_or(&[]).iter();
        let verdicts = own.map(|r| thresholds.calibration().judge(r));
        verdicts.max_by(|a, b| a.statistic.total_cmp(&b.statistic))
    };
    let mut masses: Vec<Masses> = ranking::masses(&member.series, &[]);
    for (masses, believed) in masses.iter_mut().zip(&member.believed) {
        for family in [Family::Balance, Family::TooGood, Family::Bookkeeping] {
            if let Some(kg) = masses.get_mut(family as usize) {
                *kg *= believed;
            }
        }
    }
    let masses = masses.get(member.window.clone()).unwrap_or(&[]);
    let own = readings(&member.series);
    let last = member.window.end.checked_sub(1).and_then(|t| own.get(t));
    let e = last.map_or(0.0, |r| thresholds.e_value(r, member.window.end));
    let verdict = of(&own);
    let gains = readings(&member.gains);
    let gains = gains.get(member.window.clone()).unwrap_or(&[]).iter();
    let gains = gains.filter_map(|r| {
        let verdict = thresholds.calibration().judge(r);
        verdict.families.get(Family::Balance as usize).copied()
    });
    Judged {
        number,
        holder: member.holder,
        statistic: verdict.map_or(f64::NEG_INFINITY, |v| v.statistic),
        value: verdict.map_or(0.0, |v| ranking::value(&weighable(v), masses)),
        gain: gains.fold(f64::NEG_INFINITY, f64::max),
        e,
        periods: member.window.len(),
    }
}

/// What stands for a surprise without end, so that families have shares in it.
const CERTAIN: f64 = 1e6;

/// A verdict whose families can be weighed: where packs are missing, only what says so counts.
fn weighable(verdict: Verdict) -> Verdict {
    if verdict.statistic < f64::INFINITY {
        return verdict;
    }
    let families = verdict.families.map(|f| match f < f64::INFINITY {
        true => f.min(0.0),
        false => CERTAIN,
    });
    Verdict {
        statistic: log_sum_exp(&families),
        families,
    }
}

/// A period of a series with its figures.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PeriodFigures {
    /// Day of the stocktake before it.
    pub from: Date,
    /// Day of the stocktake that ends it.
    pub to: Date,
    /// Balance as reported, base µg; positive = missing.
    pub reported_ug: i128,
    /// Balance of the copy on which artefacts were tried, kg.
    pub kg: f64,
    /// Its standard error, kg; none where the period is not settled.
    pub standard_error: Option<f64>,
    /// The alarm statistic after it; none where the period is not settled.
    pub statistic: Option<f64>,
}

/// A test that speaks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Speaking {
    /// Which records it looks at.
    pub family: Family,
    /// Its share of the statistic.
    pub share: f64,
    /// First period of the last run in which it was beyond what one honest year in twenty reaches.
    pub since: Option<usize>,
}

/// Whether an instrument that is worse than declared would explain the difference.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Worse {
    /// Which instrument.
    pub source: Source,
    /// The smallest factor on its declared errors that would; none up to 16.
    pub factor: Option<f64>,
}

/// Everything there is to say of a series.
#[derive(Clone, PartialEq, Debug)]
pub struct Evidence {
    /// The study behind it.
    pub study: Study,
    /// Its periods, settled or not.
    pub periods: Vec<PeriodFigures>,
    /// The period with the largest statistic of the review.
    pub at: usize,
    /// The largest statistic.
    pub statistic: f64,
    /// The statistic if amounts were rounded as they look, and to how many kg that is; none where they do not look so.
    pub rounded: Option<(f64, f64)>,
    /// Families that speak, the loudest first.
    pub speaking: Vec<Speaking>,
    /// What is missing, in the records of the loudest family that has masses.
    pub missing: Option<Missing>,
    /// Rows of the holder in quarantine that came with its reports of that time and that nobody has mended for long.
    pub unmended: u32,
    /// Whether all of it went before the days of the review: nothing new, and still unexplained.
    pub ended_before: bool,
    /// Where the uncertainty of the sum over the stretch of the loss comes from.
    pub parts: Parts,
    /// Instruments that would have to be worse.
    pub worse: Vec<Worse>,
    /// What could not have been seen in the year of the review, kg.
    pub unseen: f64,
}

impl Evidence {
    /// Gathers what there is to say of several judged series, on all cores; those that were never judged are left out.
    #[must_use]
    pub fn of_all(population: &Population<'_>, survey: &Survey, numbers: &[u32]) -> Vec<Evidence> {
        let all = cores::map(numbers.len(), |at| {
            Evidence::of(population, survey, *numbers.get(at)?).ok()
        });
        all.into_iter().flatten().collect()
    }

    /// Gathers what there is to say of a judged series.
    ///
    /// # Errors
    /// [`Silent`] where there are no two stocktakes.
    pub fn of(
        population: &Population<'_>,
        survey: &Survey,
        number: u32,
    ) -> Result<Evidence, Silent> {
        let study = population.study(number)?;
        let window = window(&study, survey.review.days);
        let thresholds = &survey.thresholds;
        let all = readings(&study.series);
        let verdicts: Vec<Verdict> = all
            .iter()
            .map(|r| thresholds.calibration().judge(r))
            .collect();
        let at = window
            .clone()
            .max_by(|a, b| {
                let of = |t: &usize| verdicts.get(*t).map_or(f64::NEG_INFINITY, |v| v.statistic);
                of(a).total_cmp(&of(b)).then(b.cmp(a))
            })
            .unwrap_or(0);
        let under = |series: &Series| {
            let all = readings(series);
            thresholds.statistic(all.get(window.clone()).unwrap_or(&[]))
        };
        let speaking = speaking(&verdicts, at);
        let missing = Missing::of(&study.series, &speaking);
        let (from, to) = match &missing {
            Some(m) if m.family == Family::Balance => (m.loss.first, m.loss.last),
            _ => (window.start, window.end.saturating_sub(1)),
        };
        let stretch = study.book.spans.get(from).zip(study.book.spans.get(to));
        let overlaps =
            |w: &&Waiting| stretch.is_some_and(|(a, b)| w.from <= b.to && a.from <= w.to);
        let unmended = study.book.unmended.iter().filter(overlaps);
        let unmended = unmended.map(|w| w.rows).sum();
        let year = (window.start, window.end.saturating_sub(1));
        let worse = Source::ALL.into_iter().filter_map(|source| {
            let model = &study.series.model;
            let declared = model.biases.get(source as usize)?.variance > 0.0;
            let carries = carries(model, source);
            (declared && carries).then(|| Worse {
                source,
                factor: factor(&study, source, survey.threshold.at, &under),
            })
        });
        let rounded = lattice(&study).map(|step| {
            let what = What {
                rounded_to: step,
                ..What::default()
            };
            (under(&study.with(what)), step)
        });
        Ok(Evidence {
            periods: figures(&study, &verdicts),
            at,
            statistic: verdicts.get(at).map_or(f64::NEG_INFINITY, |v| v.statistic),
            rounded,
            worse: worse.collect(),
            parts: parts_of_sum(&study.series.model, from, to),
            unseen: weighbridge_accountancy::yearly::smallest_found(sum_variance(
                &study.series.model,
                year.0,
                year.1,
            )),
            speaking,
            unmended,
            ended_before: missing.as_ref().is_some_and(|m| m.last() < window.start),
            missing,
            study,
        })
    }
}

fn carries(model: &Model, source: Source) -> bool {
    let mut amounts = model
        .periods
        .iter()
        .filter_map(|p| p.amounts.get(source as usize));
    amounts.any(|kg| *kg != 0.0)
}

fn figures(study: &Study, verdicts: &[Verdict]) -> Vec<PeriodFigures> {
    let sd = standard_deviations(&study.series.model);
    let stated = study.book.spans.iter().zip(&study.repaired.balances);
    stated
        .enumerate()
        .map(|(t, (span, kg))| PeriodFigures {
            from: span.from,
            to: span.to,
            reported_ug: span.unexplained_ug,
            kg: *kg,
            standard_error: sd.get(t).copied(),
            statistic: verdicts.get(t).map(|v| v.statistic),
        })
        .collect()
}

/// Families whose share is a tenth or more, with the run of periods in which they were beyond one honest year in twenty.
fn speaking(verdicts: &[Verdict], at: usize) -> Vec<Speaking> {
    const SHARE_MIN: f64 = 0.1;
    const ODDS: f64 = 20.0;
    let Some(verdict) = verdicts.get(at) else {
        return Vec::new();
    };
    let mut all: Vec<Speaking> = Family::ALL
        .into_iter()
        .zip(weighable(*verdict).shares())
        .filter(|(_, share)| *share >= SHARE_MIN)
        .map(|(family, share)| {
            let beyond = |t: &usize| {
                let said = verdicts
                    .get(*t)
                    .and_then(|v| v.families.get(family as usize));
                said.is_some_and(|s| *s - libm::log(family.weight()) >= libm::log(ODDS))
            };
            Speaking {
                family,
                share,
                since: (0..=at).rev().take_while(beyond).last(),
            }
        })
        .collect();
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    all
}

/// The smallest factor on the errors of a source that brings the statistic below a threshold, to 1 %.
fn factor(
    study: &Study,
    source: Source,
    threshold: f64,
    under: &impl Fn(&Series) -> f64,
) -> Option<f64> {
    let below = |by: f64| {
        let what = What {
            worse: Some((source, by)),
            ..What::default()
        };
        under(&study.with(what)) < threshold
    };
    if !below(WORSE_MAX) {
        return None;
    }
    let (mut low, mut high) = (1.0, WORSE_MAX);
    while high / low > 1.01 {
        let middle = (low * high).sqrt();
        if below(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// Amounts looked at for a lattice, the latest ones.
const LATTICE_OF: usize = 24;

/// The step, kg, of which the latest weighed amounts are all multiples, where it is as large as the scale's own error.
fn lattice(study: &Study) -> Option<f64> {
    let items = study
        .book
        .items
        .iter()
        .filter(|i| !i.reading.is_exact() && i.kg > 0.0);
    let mut amounts: Vec<f64> = items.rev().take(LATTICE_OF).map(|i| i.kg).collect();
    let counts = study
        .book
        .counts
        .iter()
        .filter(|c| !c.reading.is_exact() && c.ug > 0);
    amounts.extend(
        counts
            .rev()
            .take(LATTICE_OF)
            .map(|c| crate::book::kilograms(c.ug)),
    );
    if amounts.len() < LATTICE_OF / 4 {
        return None;
    }
    let smallest = amounts.iter().copied().fold(f64::INFINITY, f64::min);
    // Amounts are rounded to a microgram after conversion: what is left below a millionth of the step is nothing.
    let step = amounts.iter().copied().fold(0.0, |a: f64, b| {
        let (mut a, mut b) = (a.max(b), a.min(b));
        while b > smallest * 1e-6 {
            (a, b) = (b, a % b);
            if a - b < smallest * 1e-6 {
                b = 0.0;
            }
        }
        a
    });
    let error = standard_deviations(&study.series.model);
    let usual = weighbridge_accountancy::scale::median(&error)?;
    (step > usual / 10.0).then_some(step)
}

mod missing;
pub use missing::Missing;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
