//! The header of an entry: the leaf of the tree and all that a proof shows.
//!
//! Its bytes are deterministic CBOR (RFC 8949, 4.2): one array of eleven values in the order of the fields below. One
//! value has one encoding; [`Header::decode`] refuses any other bytes. The sequence number is the leaf's index and is not
//! inside. A new version adds its own decoder and its own golden file; version 1 stays readable for ever.

use crate::cbor::{CborError, Reader, Writer};
use crate::merkle::{Hash, leaf_hash};

/// The version that this crate writes.
pub const VERSION: u16 = 1;
/// Longest actor or organisation in bytes of UTF-8: both are identifiers, never texts.
pub const MAX_NAME_BYTES: usize = 256;
/// Fields of version 1.
const FIELDS: u64 = 11;

/// What an entry says of itself. Everything here may be shown to a partner or an auditor together with one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// Version of this layout, [`VERSION`].
    pub version: u16,
    /// Time of record in microseconds since 1970-01-01T00:00:00Z; strictly increasing from entry to entry.
    pub recorded_at_us: i64,
    /// The account that submitted (an opaque id, never a person's name).
    pub actor: String,
    /// The organisation on whose behalf; submission keys are unique within it.
    pub organisation: String,
    /// What the body is: opaque here, given meaning by the books.
    pub kind: u16,
    /// Submission key: the client's, else the hash of what was sent. Makes sending twice harmless.
    pub key: [u8; 32],
    /// Keeps low-entropy content from being guessed from the leaf hash; a one-way image of the entry's secret
    /// ([`crate::rows::salt_of`]), so it gives no row away.
    pub salt: [u8; 32],
    /// Rows in the row tree.
    pub rows: u32,
    /// Root of the tree of salted rows ([`crate::rows`]).
    pub rows_root: [u8; 32],
    /// Length of the body in bytes.
    pub body_len: u64,
    /// SHA-256 of the body.
    pub body_hash: Hash,
}

/// Why bytes are not a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The bytes end before the header does.
    #[error("header field `{field}`: the bytes end early")]
    Short {
        /// The field that was being read.
        field: &'static str,
    },
    /// A field holds another type of value, or text that is not UTF-8.
    #[error("header field `{field}`: another type of value stands here")]
    Type {
        /// The field that was being read.
        field: &'static str,
    },
    /// The value is right but not in its one deterministic form.
    #[error("header field `{field}`: not in its one deterministic form")]
    NotCanonical {
        /// The field that was being read.
        field: &'static str,
    },
    /// A value is out of its range or too long.
    #[error("header field `{field}`: out of range or too long")]
    Range {
        /// The field that was being read.
        field: &'static str,
    },
    /// A later version of the program wrote it.
    #[error("header version {0} is not known to this program; a newer one wrote it")]
    Version(u64),
    /// Something follows the header.
    #[error("{0} bytes follow the header")]
    Trailing(usize),
}

impl HeaderError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Short { .. } => "header_short",
            Self::Type { .. } => "header_type",
            Self::NotCanonical { .. } => "header_not_canonical",
            Self::Range { .. } => "header_range",
            Self::Version(_) => "header_version",
            Self::Trailing(_) => "header_trailing",
        }
    }
}

fn at<T>(field: &'static str, read: Result<T, CborError>) -> Result<T, HeaderError> {
    read.map_err(|error| match error {
        CborError::Short => HeaderError::Short { field },
        CborError::Type => HeaderError::Type { field },
        CborError::NotCanonical => HeaderError::NotCanonical { field },
        CborError::Range => HeaderError::Range { field },
    })
}

fn narrow<T: TryFrom<u64>>(field: &'static str, value: u64) -> Result<T, HeaderError> {
    T::try_from(value).map_err(|_| HeaderError::Range { field })
}

fn name(field: &'static str, text: &str) -> Result<String, HeaderError> {
    if text.len() > MAX_NAME_BYTES {
        return Err(HeaderError::Range { field });
    }
    Ok(text.to_owned())
}

impl Header {
    /// The canonical bytes. Total: a header that holds names longer than [`MAX_NAME_BYTES`] is encoded too, but will not
    /// decode; the journal refuses it before.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(192 + self.actor.len() + self.organisation.len());
        let mut w = Writer(&mut out);
        w.array(FIELDS);
        w.unsigned(self.version.into());
        w.signed(self.recorded_at_us);
        w.text(&self.actor);
        w.text(&self.organisation);
        w.unsigned(self.kind.into());
        w.bytes(&self.key);
        w.bytes(&self.salt);
        w.unsigned(self.rows.into());
        w.bytes(&self.rows_root);
        w.unsigned(self.body_len);
        w.bytes(&self.body_hash);
        out
    }

    /// Reads canonical bytes; for every `Ok`, encoding gives the same bytes back.
    ///
    /// # Errors
    /// [`HeaderError`] names the field and what is wrong with it.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let mut r = Reader(bytes);
        let fields = at("array", r.array())?;
        let version = at("version", r.unsigned())?;
        if version != u64::from(VERSION) {
            return Err(HeaderError::Version(version));
        }
        if fields != FIELDS {
            return Err(HeaderError::Range { field: "array" });
        }
        let header = Self {
            version: VERSION,
            recorded_at_us: at("recorded_at", r.signed())?,
            actor: name("actor", at("actor", r.text())?)?,
            organisation: name("organisation", at("organisation", r.text())?)?,
            kind: narrow("kind", at("kind", r.unsigned())?)?,
            key: at("key", r.array_of_32())?,
            salt: at("salt", r.array_of_32())?,
            rows: narrow("rows", at("rows", r.unsigned())?)?,
            rows_root: at("rows_root", r.array_of_32())?,
            body_len: at("body_len", r.unsigned())?,
            body_hash: at("body_hash", r.array_of_32())?,
        };
        match r.0.len() {
            0 => Ok(header),
            rest => Err(HeaderError::Trailing(rest)),
        }
    }

    /// The leaf hash of this header.
    #[must_use]
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}
