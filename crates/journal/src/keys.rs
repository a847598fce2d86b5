//! Keys of signed notes (C2SP `signed-note`): the public text `name+id+key`, the secret text `PRIVATE+KEY+name+id+key`.
//!
//! The type of a key is its first byte. Ed25519 (`0x01`) is the one in use; the specification now advises ML-DSA-44
//! co-signatures for new logs, and they come in as a further variant of [`PublicKey`] and [`SecretKey`] without a change to
//! anything that holds a [`Signer`] or a [`Verifier`]. Key files are written by the program, not here.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::fmt;

/// Algorithm byte of Ed25519.
pub const ED25519: u8 = 0x01;
/// Longest key name in bytes: a host and a path.
pub const MAX_NAME_BYTES: usize = 256;

/// Why a text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `name+id+key`, or `PRIVATE+KEY+name+id+key` for a secret one.
    #[error("the text is not a key of the form name+id+key")]
    Format,
    /// A key name is not empty, has no `+`, no white space, no control character, and is not too long.
    #[error("a key name has 1 to {MAX_NAME_BYTES} bytes and neither `+` nor white space")]
    Name,
    /// The algorithm byte is not known.
    #[error("keys of type {0:#04x} are not known to this program")]
    Algorithm(u8),
    /// The id in the text is not the hash of name and key.
    #[error("the key's id does not fit its name and bytes; the text was changed or cut")]
    Id,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
}

impl KeyError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format => "key_format",
            Self::Name => "key_name",
            Self::Algorithm(_) => "key_algorithm",
            Self::Id => "key_id",
            Self::Random => "key_random",
        }
    }
}

/// A public key by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// Ed25519 (RFC 8032).
    Ed25519(VerifyingKey),
}

/// A secret key by its type.
#[derive(Clone)]
#[non_exhaustive]
pub enum SecretKey {
    /// Ed25519 (RFC 8032).
    Ed25519(SigningKey),
}

/// Whether a note's key name is valid.
#[must_use]
pub fn name_is_valid(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len())
        && !(name.chars()).any(|c| c == '+' || c.is_whitespace() || c.is_control())
}

fn checked_name(name: &str) -> Result<String, KeyError> {
    if name_is_valid(name) {
        Ok(name.to_owned())
    } else {
        Err(KeyError::Name)
    }
}

/// First four bytes of SHA-256(name ‖ 0x0A ‖ algorithm and key), as the specification recommends.
fn key_id(name: &str, key: &[u8]) -> u32 {
    let [a, b, c, d, ..] = crate::merkle::digest(&[name.as_bytes(), b"\n", key]);
    u32::from_be_bytes([a, b, c, d])
}

/// `id+key` after the name: the id and the bytes with their algorithm byte split off.
fn parse_tail(text: &str) -> Result<(u32, u8, [u8; 32]), KeyError> {
    let (id, key) = text.split_once('+').ok_or(KeyError::Format)?;
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if id.len() != 8 || !id.bytes().all(lower_hex) {
        return Err(KeyError::Format);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Format)?;
    let key = BASE64_STANDARD.decode(key).map_err(|_| KeyError::Format)?;
    let (&algorithm, key) = key.split_first().ok_or(KeyError::Format)?;
    if algorithm != ED25519 {
        return Err(KeyError::Algorithm(algorithm));
    }
    Ok((id, algorithm, key.try_into().map_err(|_| KeyError::Format)?))
}

/// Someone's public key under a name: checks signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    key: PublicKey,
}

impl Verifier {
    /// Reads the text `name+id+key`.
    ///
    /// # Errors
    /// [`KeyError`]; the id must fit.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, tail) = text.split_once('+').ok_or(KeyError::Format)?;
        let name = checked_name(name)?;
        let (id, _, bytes) = parse_tail(tail)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Format)?;
        let verifier = Self {
            name,
            key: PublicKey::Ed25519(key),
        };
        if verifier.id() == id {
            Ok(verifier)
        } else {
            Err(KeyError::Id)
        }
    }

    /// Name of the key: for a journal, its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Id of the key within its name.
    #[must_use]
    pub fn id(&self) -> u32 {
        key_id(&self.name, &self.bytes())
    }

    /// Algorithm byte and key.
    fn bytes(&self) -> Vec<u8> {
        match &self.key {
            PublicKey::Ed25519(key) => [&[ED25519], key.as_bytes().as_slice()].concat(),
        }
    }

    /// Whether `signature` is this key's over `message`. Strict: one signature has one form.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            PublicKey::Ed25519(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64_STANDARD.encode(self.bytes());
        write!(f, "{}+{:08x}+{key}", self.name, self.id())
    }
}

/// A secret key under a name: signs. Its `Debug` shows the name only.
#[derive(Clone)]
pub struct Signer {
    name: String,
    key: SecretKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Signer {
    /// A new Ed25519 key from the system's random source.
    ///
    /// # Errors
    /// [`KeyError::Name`], [`KeyError::Random`].
    pub fn generate(name: &str) -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyError::Random)?;
        Self::from_seed(name, &seed)
    }

    /// The Ed25519 key of this seed: for synthetic data and tests, where runs must repeat.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self {
            name: checked_name(name)?,
            key: SecretKey::Ed25519(SigningKey::from_bytes(seed)),
        })
    }

    /// Reads the text `PRIVATE+KEY+name+id+key`.
    ///
    /// # Errors
    /// [`KeyError`]; the id must fit.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Format)?;
        let (name, tail) = rest.split_once('+').ok_or(KeyError::Format)?;
        let (id, _, seed) = parse_tail(tail)?;
        let signer = Self::from_seed(name, &seed)?;
        if signer.verifier().id() == id {
            Ok(signer)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The text `PRIVATE+KEY+name+id+key`. Whoever has it can sign: it goes into a file that only its owner reads.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        let SecretKey::Ed25519(key) = &self.key;
        let bytes = [&[ED25519], key.as_bytes().as_slice()].concat();
        let id = self.verifier().id();
        format!(
            "PRIVATE+KEY+{}+{id:08x}+{}",
            self.name,
            BASE64_STANDARD.encode(bytes)
        )
    }

    /// Name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let SecretKey::Ed25519(key) = &self.key;
        Verifier {
            name: self.name.clone(),
            key: PublicKey::Ed25519(key.verifying_key()),
        }
    }

    /// Signature over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            SecretKey::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
        }
    }
}
