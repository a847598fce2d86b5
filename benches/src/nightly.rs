//! The nightly step of many series: filter of six states, four tests of Page's type, four detectors.

use std::hint::black_box;

use weighbridge_accountancy::bank::{Bank, Kept, readings};
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::night::{LANES, Lane, Night, Sleepers, pass};
use weighbridge_accountancy::series::{Difference, Series, Tally, Tolerances};
use weighbridge_accountancy::{Bias, Epochs, Model, Period};

use crate::{best, row};

/// Biases of a series: receipts, issues, use, stock, excess loss.
const BIASES: usize = 5;
/// Entries of their covariance.
const TRIANGLE: usize = 15;

type Sleeping = Sleepers<BIASES, TRIANGLE>;

fn lane(of: impl Fn(f64) -> f64) -> Lane {
    std::array::from_fn(|l| of(l as f64))
}

fn bank(n: usize) -> Sleeping {
    let size = 1.0 + n as f64 / 1e6;
    Sleepers::new(
        lane(|l| 2.0 + l),
        std::array::from_fn(|k| lane(|_| 1e-6 * (k as f64 + size))),
    )
}

/// What a night brings, a little different each time.
fn night(t: u32) -> Night<BIASES> {
    let t = f64::from(t % 24);
    Night {
        balances: lane(|l| (l - 3.5) * 0.3 + t * 0.05),
        flows: lane(|l| 1.0 + 0.1 * l),
        closing: lane(|l| 2.0 + 0.1 * l),
        loads: [
            lane(|l| 100.0 + l + t),
            lane(|l| -50.0 - l),
            lane(|l| -45.0 + l),
            lane(|l| t - l),
            lane(|l| 45.0 - l),
        ],
    }
}

pub(crate) fn nightly() {
    let nights: Vec<Night<BIASES>> = (0..24).map(night).cycle().take(3_600).collect();
    let replay = |groups: usize, count: usize, what: &str| {
        let mut banks: Vec<Sleeping> = (0..groups).map(bank).collect();
        let (took, ()) = best(3, || {
            pass(&mut banks, |_| &nights[..count]);
            black_box(&banks);
        });
        row(
            what,
            (groups * LANES * count) as f64 / 1e6,
            "M series-periods",
            took,
        );
    };
    replay(125, 3_600, "**full bank, p = 6, in the cache**");
    replay(1_000_000 / LANES, 36, "10⁶ series × 36 periods replayed");
    let mut banks: Vec<Sleeping> = (0..1_000_000 / LANES).map(bank).collect();
    let inputs: Vec<Night<BIASES>> = (0..1_000_000 / LANES).map(|n| night(n as u32)).collect();
    let (took, ()) = best(5, || {
        pass(&mut banks, |group| std::slice::from_ref(&inputs[group]));
        black_box(&banks);
    });
    row(
        "**one night of 10⁶ series**, state and input from memory",
        1.0,
        "M series-periods",
        took,
    );
    let touched = 2 * size_of::<Sleeping>() + size_of::<Night<BIASES>>();
    let (read, written) = (vec![1u64; 1 << 24], vec![0u64; 1 << 24]);
    let mut written = black_box(written);
    let (copied, ()) = best(5, || {
        written.copy_from_slice(black_box(&read));
        black_box(&written);
    });
    let bytes = 2.0 * size_of_val(read.as_slice()) as f64;
    row("limit: copying memory, one core", bytes / 1e6, "MB", copied);
    let limit = bytes / copied.as_secs_f64() / (touched / LANES) as f64;
    println!(
        "| a night reads and writes {} B a series, {} B of it state: at most | {:.1} M series-periods/s | | |",
        touched / LANES,
        size_of::<Sleeping>() / LANES,
        limit / 1e6
    );
    replayed();
}

/// The whole bank as an account is judged with: the channels beyond the balance and the signatures too.
fn replayed() {
    let bias = |applies| Bias {
        applies,
        variance: 1e-6,
    };
    let period = |t: usize| Period {
        flows: 1.0,
        closing: 2.0,
        amounts: vec![100.0, -50.0, -45.0, 300.0, 45.0],
        renewed: if t % 12 == 7 {
            Epochs::of(0..4)
        } else {
            Epochs::NONE
        },
    };
    let kg = |t: usize| (t % 7) as f64 - 3.0;
    let model = |biases: usize| Model {
        biases: (0..biases)
            .map(|k| {
                bias(if k == 3 {
                    Applies::Stock
                } else {
                    Applies::Flow
                })
            })
            .collect(),
        opening: 2.0,
        opening_amounts: [0.0, 0.0, 0.0, 300.0, 0.0][..biases].to_vec(),
        periods: (0..36)
            .map(|t| Period {
                amounts: period(t).amounts[..biases].to_vec(),
                ..period(t)
            })
            .collect(),
    };
    let difference = || {
        Some(Difference {
            kg: (0..36).map(kg).collect(),
            model: model(1),
        })
    };
    let tallies = || {
        Some(vec![
            Tally {
                counted: 0,
                items: 8
            };
            36
        ])
    };
    let series = Series {
        model: model(5),
        balances: (0..36).map(kg).collect(),
        years: (0..36u16).map(|t| t / 12).collect(),
        tolerances: Tolerances::Declared,
        receipts: difference(),
        issues: difference(),
        yields: None,
        late: tallies(),
        mended: tallies(),
    };
    let count = 500;
    let (took, ()) = best(3, || {
        for _ in 0..count {
            black_box(readings(black_box(&series)));
        }
    });
    let periods = (count * 36) as f64 / 1e6;
    row(
        "every channel, 36 periods, model and figures",
        periods,
        "M series-periods",
        took,
    );
    let shared = Bank::of(&series);
    let (took, ()) = best(3, || {
        for _ in 0..count {
            black_box(shared.readings(black_box(&series), 0..36));
        }
    });
    row(
        "the same, another series with the same model",
        periods,
        "M series-periods",
        took,
    );
    let mut kept = Kept::of(&shared);
    kept.advance(&shared, &series);
    let (took, ()) = best(3, || {
        for _ in 0..count {
            kept.corrected(black_box(&shared), &series, 30);
        }
    });
    row(
        "a correction six periods ago, from its checkpoint",
        (count * 12) as f64 / 1e6,
        "M series-periods",
        took,
    );
}
