//! The nightly step of many series: filter of six states, four tests of Page's type, four detectors.

use std::hint::black_box;

use weighbridge_accountancy::night::{LANES, Lane, Night, Sleepers};

use crate::{best, row};

/// Biases of a series: receipts, issues, use, stock, excess loss.
const BIASES: usize = 5;
/// Entries of their covariance.
const TRIANGLE: usize = 15;

type Bank = Sleepers<BIASES, TRIANGLE>;

fn lane(of: impl Fn(f64) -> f64) -> Lane {
    std::array::from_fn(|l| of(l as f64))
}

fn bank(n: usize) -> Bank {
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
    let nights: Vec<Night<BIASES>> = (0..24).map(night).collect();
    let replay = |groups: usize, count: usize, what: &str| {
        let start: Vec<Bank> = (0..groups).map(bank).collect();
        let (took, ()) = best(3, || {
            let mut banks = start.clone();
            for bank in &mut banks {
                for t in 0..count {
                    black_box(bank.step(&nights[t % nights.len()]));
                }
            }
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
    let mut banks: Vec<Bank> = (0..1_000_000 / LANES).map(bank).collect();
    let inputs: Vec<Night<BIASES>> = (0..1_000_000 / LANES).map(|n| night(n as u32)).collect();
    let (took, ()) = best(5, || {
        for (bank, night) in banks.iter_mut().zip(&inputs) {
            black_box(bank.step(night));
        }
    });
    row(
        "**one night of 10⁶ series**, state and input from memory",
        1.0,
        "M series-periods",
        took,
    );
    println!(
        "| state between two nights | {} B a series | | |",
        size_of::<Bank>() / LANES
    );
}
