//! The statistics of a material balance: what is unexplained, since when, and how sure.
//!
//! Everything here is pure arithmetic on `f64` in a fixed order, with transcendental functions from `libm` and no fused
//! operations, so that every computer gets the same bits. Masses are kilograms of the reference form; a positive balance
//! is a mass that is missing. Names follow nuclear material accountancy: MUF (a balance), CUMUF (their sum), SITMUF
//! (standardised innovations), GEMUF.
//!
//! A series is described by a [`Model`] (variances and amounts by instrument, no data) and its balances. From the model
//! come the dense [`covariance`] and, without ever building a matrix, the [`innovations`]; from these every test.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

pub mod balance;
pub mod bank;
pub mod baseline;
pub mod calibration;
pub mod channel;
pub mod covariance;
pub mod detector;
mod exponential;
pub mod gemuf;
pub mod honest;
pub mod innovations;
mod linear;
pub mod lists;
pub mod loss;
pub mod matched;
pub mod model;
pub mod night;
pub mod normal;
pub mod page;
pub mod power;
mod quadrature;
pub mod ranking;
pub mod run_length;
pub mod scale;
pub mod series;
pub mod tally;
pub mod too_good;
pub mod yearly;
pub mod yields;

pub use channel::{Channel, Family};
pub use model::{Bias, Epochs, Model, Period};
