//! Run lengths against published tables and other programs.

use serde_json::Value;
use weighbridge_accountancy::baseline::baseline;
use weighbridge_accountancy::run_length::{
    Page, page_limit, page_two_sided, shiryaev_roberts, weighted_mean,
};

fn number(v: &Value) -> f64 {
    v.as_f64().unwrap()
}

fn list(v: &Value) -> Vec<f64> {
    v.as_array().unwrap().iter().map(number).collect()
}

/// The tables have six digits, and short lengths fewer behind the point than 1e-5 of them.
#[track_caller]
fn assert_near(got: f64, want: f64, relative: f64, what: &str) {
    assert!(
        (got - want).abs() <= relative * want,
        "{what}: {got} for {want}"
    );
}

#[test]
fn page_and_weighted_means_as_the_tables_have_them() {
    let tables: Value = serde_json::from_str(include_str!("oracles/arl_tables.json")).unwrap();
    let shifts = list(&tables["shifts"]);
    for row in tables["cusum"].as_array().unwrap() {
        let (k, h) = (number(&row["k"]), number(&row["h"]));
        let columns = [&row["one"], &row["two"], &row["two_fir"]].map(list);
        for (at, shift) in shifts.iter().enumerate() {
            let what = format!("k {k} h {h} shift {shift}");
            let one = Page::solve(k, h, *shift).unwrap().from(0.0);
            assert_near(one, columns[0][at], 1e-5, &what);
            assert_near(
                page_two_sided(k, h, *shift, 0.0).unwrap(),
                columns[1][at],
                1e-5,
                &what,
            );
            assert_near(
                page_two_sided(k, h, *shift, h / 2.0).unwrap(),
                columns[2][at],
                1e-5,
                &what,
            );
        }
    }
    for row in tables["ewma"].as_array().unwrap() {
        let (lambda, c) = (number(&row["lambda"]), number(&row["c"]));
        for (shift, want) in shifts.iter().zip(list(&row["two"])) {
            let what = format!("lambda {lambda} c {c} shift {shift}");
            assert_near(weighted_mean(lambda, c, *shift).unwrap(), want, 1e-5, &what);
        }
    }
}

/// Converged values to nine digits and more, and what was published with fewer.
#[test]
fn converged_values() {
    let fast = Page::solve(0.25, 8.0, 2.5).unwrap();
    assert_near(fast.from(0.0), 4.150_083_726_12, 1e-10, "k .25 h 8");
    assert_near(fast.from(0.1), 4.106_158_835_04, 1e-10, "head start .1");
    assert_near(
        weighted_mean(0.25, 3.0, 1.0).unwrap(),
        11.154_267_016,
        1e-9,
        "ewma",
    );
    assert_near(
        weighted_mean(0.5, 3.071, 0.0).unwrap(),
        499.906,
        1e-6,
        "ewma .5",
    );
    assert_near(
        weighted_mean(0.03, 2.437, 0.0).unwrap(),
        499.859,
        1e-6,
        "ewma .03",
    );
    assert_near(
        Page::solve(0.0, 10.0, 0.0).unwrap().from(0.0),
        124.6616,
        1e-6,
        "k 0 h 10",
    );
    for (h, quiet) in [
        (4.0, [0.00662, 0.02331, 0.05803, 0.15520]),
        (5.0, [0.00134, 0.00666, 0.01930, 0.05676]),
    ] {
        let page = Page::solve(0.5, h, 0.0).unwrap();
        for (periods, alarm) in [6, 12, 24, 60].into_iter().zip(quiet) {
            let got = 1.0 - page.quiet(periods);
            assert!((got - alarm).abs() <= 5e-6, "h {h} {periods}: {got}");
        }
    }
}

#[test]
fn limits_for_a_wanted_length() {
    let table = [
        (0.25, 8.9369, 13.4740),
        (0.5, 5.2509, 7.5428),
        (0.75, 3.6594, 5.1910),
        (1.0, 2.7554, 3.9049),
        (1.5, 1.7702, 2.5326),
    ];
    for (k, ten, one) in table {
        for (length, want) in [(1_200.0, ten), (12_000.0, one)] {
            let got = page_limit(k, length).unwrap();
            assert!((got - want).abs() < 6e-5, "k {k}: {got} for {want}");
        }
    }
    assert_eq!(page_limit(0.5, 1.0), None);
}

#[test]
fn detectors_of_evidence() {
    let oracle: Value =
        serde_json::from_str(include_str!("oracles/edetector_oracle.json")).unwrap();
    let table = &oracle["moustakides_2009_table4_theta1"];
    for (a, want) in list(&table["A"]).iter().zip(list(&table["ARL0_spc"])) {
        assert_near(
            shiryaev_roberts(1.0, *a, 0.0).unwrap(),
            want,
            1e-4,
            &format!("A {a}"),
        );
    }
    for row in oracle["e_detector_theta1_exact"].as_array().unwrap() {
        let a = number(&row["inv_alpha"]);
        for (shift, want) in row["SR"].as_object().unwrap() {
            let got = shiryaev_roberts(1.0, a, shift.parse().unwrap()).unwrap();
            assert_near(got, number(want), 1e-4, &format!("SR {a} {shift}"));
        }
        for (shift, want) in row["CUSUM"].as_object().unwrap() {
            let page = Page::solve(0.5, a.ln(), shift.parse().unwrap()).unwrap();
            assert_near(
                page.from(0.0),
                number(want),
                1e-4,
                &format!("CUSUM {a} {shift}"),
            );
        }
    }
    for row in oracle["stcp_compute_baseline_subG"].as_array().unwrap() {
        let [from, to] = list(&row["delta"])[..] else {
            panic!("{row}")
        };
        let got = baseline(number(&row["alpha"]), from, to).unwrap();
        assert_eq!(got.sizes.len() as u64, row["K"].as_u64().unwrap(), "{row}");
        assert_near(got.threshold, number(&row["g_alpha"]), 1e-7, "g");
        for (got, want) in got.sizes.iter().zip(list(&row["lambda_head"])) {
            assert_near(*got, want, 1e-5, "size");
        }
        for (got, want) in got.weights.iter().zip(list(&row["omega_head"])) {
            assert_near(*got, want, 1e-5, "weight");
        }
    }
}

#[test]
fn what_has_no_answer_has_none() {
    assert!(Page::solve(0.5, 0.0, 0.0).is_none());
    assert!(Page::solve(0.5, f64::NAN, 0.0).is_none());
    assert!(weighted_mean(1.5, 3.0, 0.0).is_none());
    assert!(shiryaev_roberts(1.0, -1.0, 0.0).is_none());
    assert!(baseline(0.01, 2.0, 1.0).is_none());
}
