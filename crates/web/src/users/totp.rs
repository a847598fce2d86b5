//! One-time codes as the second factor (RFC 6238): six digits, thirty seconds, one step of delay.

use rusqlite::{OptionalExtension as _, params};
use totp_rs::{Builder, Secret, Totp};

use super::{User, UserError, UserId, Users};

const STEP: u64 = 30;

fn of(secret: Secret, login: &str) -> Option<Totp> {
    let builder = Builder::new()
        .with_secret(secret)
        .with_digits(6)
        .with_skew(1);
    let builder = builder.with_step_duration(STEP).with_account_name(login);
    builder.with_issuer(Some("Weighbridge")).build().ok()
}

/// A secret that is offered and not yet confirmed by a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// The secret as people type it.
    pub base32: String,
    /// The same as an address that apps read.
    pub url: String,
}

impl Users {
    /// Offers a new secret; nothing is stored.
    ///
    /// # Errors
    /// [`UserError::Random`].
    pub fn offer_totp(user: &User) -> Result<Offer, UserError> {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes).map_err(|_| UserError::Random)?;
        let secret = Secret::from(bytes);
        let base32 = secret.to_base32();
        let url = of(secret, &user.login)
            .and_then(|t| t.to_url().ok())
            .unwrap_or_default();
        Ok(Offer { base32, url })
    }

    /// Takes an offered secret as the second factor, if a code shows that an app has it.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn set_totp(
        &self,
        user: &User,
        base32: &str,
        code: &str,
        now_us: i64,
    ) -> Result<bool, UserError> {
        let secret = Secret::try_from_base32(base32).ok();
        let Some(step) =
            secret.and_then(|s| of(s, &user.login)?.check(code.trim(), seconds(now_us)))
        else {
            return Ok(false);
        };
        self.on().execute(
            "UPDATE users SET totp = ?2, totp_step = ?3 WHERE id = ?1",
            params![user.id.0, base32, signed(step)],
        )?;
        Ok(true)
    }

    /// Takes the second factor away, for who has lost it.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn drop_totp(&self, id: UserId) -> Result<(), UserError> {
        self.on().execute(
            "UPDATE users SET totp = NULL, totp_step = 0 WHERE id = ?1",
            [id.0],
        )?;
        Ok(())
    }

    /// Whether a code is right; each holds once.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn use_code(&self, user: &User, code: &str, now_us: i64) -> Result<bool, UserError> {
        let database = self.on();
        let stored: Option<String> = database
            .query_row("SELECT totp FROM users WHERE id = ?1", [user.id.0], |r| {
                r.get(0)
            })
            .optional()?
            .flatten();
        let secret = stored.and_then(|s| Secret::try_from_base32(s).ok());
        let Some(step) =
            secret.and_then(|s| of(s, &user.login)?.check(code.trim(), seconds(now_us)))
        else {
            return Ok(false);
        };
        let changed = database.execute(
            "UPDATE users SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2",
            params![user.id.0, signed(step)],
        )?;
        Ok(changed == 1)
    }
}

fn seconds(now_us: i64) -> u64 {
    u64::try_from(now_us / 1_000_000).unwrap_or(0)
}

fn signed(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}
