//! Passwords, by Argon2id.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::PasswordVerifier;
use argon2::{Algorithm, Argon2, Params, Version};
use rusqlite::{OptionalExtension as _, params};

use super::{User, UserError, UserId, Users, normal};

/// Characters of a password, at least (NIST SP 800-63B-4, 3.1.1.2: 15 where it is the only factor).
pub const PASSWORD_MIN: usize = 15;
/// Characters, at most: what is longer costs time and adds nothing.
const PASSWORD_MAX: usize = 256;
/// Memory, KiB; passes; lanes: what OWASP's Password Storage Cheat Sheet asks for at least.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// A hash that no password has, for names that nobody has: the answer takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Result<Argon2<'static>, UserError> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| UserError::Random)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

impl Users {
    /// Sets a password.
    ///
    /// # Errors
    /// [`UserError::Weak`], [`UserError::Random`], [`UserError::Database`].
    pub fn set_password(&self, user: &User, password: &str) -> Result<(), UserError> {
        if !is_strong(password, &user.login) {
            return Err(UserError::Weak);
        }
        let hash = argon2()?
            .hash_password(password.as_bytes())
            .map_err(|_| UserError::Random)?;
        self.on().execute(
            "UPDATE users SET password = ?2 WHERE id = ?1",
            params![user.id.0, hash.to_string()],
        )?;
        Ok(())
    }

    /// Whose password it is. Takes as long for a name that nobody has.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn with_password(&self, login: &str, password: &str) -> Result<Option<User>, UserError> {
        let login = normal(login).unwrap_or_default();
        let found: Option<(i64, Option<String>, bool)> = self
            .on()
            .prepare_cached("SELECT id, password, disabled FROM users WHERE login = ?1")?
            .query_row([login], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
            .optional()?;
        let (id, stored, disabled) = found.unwrap_or((0, None, true));
        let has = stored.is_some();
        let stored = stored.unwrap_or_else(|| NOBODY.to_owned());
        let password = password.as_bytes();
        let fits = argon2()?.verify_password(password, stored.as_str()).is_ok();
        if !(fits && has) || disabled {
            return Ok(None);
        }
        Users::by_id(&self.on(), UserId(id).0)
    }
}

fn is_strong(password: &str, login: &str) -> bool {
    let length = password.chars().count();
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let folded = password.to_lowercase();
    (PASSWORD_MIN..=PASSWORD_MAX).contains(&length)
        && letters.len() >= 5
        && !folded.replace(login, "").is_empty()
        && folded.matches(login).count() * login.len() * 2 < folded.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength() {
        for (password, strong) in [
            ("short", false),
            ("fourteen chars", false),
            ("fifteen chars !", true),
            ("aaaaaaaaaaaaaaaaaaaa", false),
            ("officer.northofficer.north", false),
            ("四个汉字不够长但十五个字以上就可以了", true),
        ] {
            assert_eq!(is_strong(password, "officer.north"), strong, "{password}");
        }
        assert!(!is_strong(&"abcdefg".repeat(60), "x"));
    }
}
