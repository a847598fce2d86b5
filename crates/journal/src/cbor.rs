//! The small part of CBOR (RFC 8949) that a header needs, in the deterministic form of its section 4.2: every head in its
//! shortest form, lengths always definite. The reader refuses everything else, so that decoding then encoding gives the
//! same bytes. Absent because no header has them: maps, tags, floats, simple values.

/// Major types in use.
const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;

/// Appends values to a byte vector.
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer<'_> {
    fn head(&mut self, major: u8, value: u64) {
        let major = major << 5;
        let be = value.to_be_bytes();
        let [.., b4, b5, b6, b7] = be;
        match value {
            0..=23 => self.0.push(major | b7),
            24..=0xff => self.0.extend([major | 24, b7]),
            0x100..=0xffff => self.0.extend([major | 25, b6, b7]),
            0x1_0000..=0xffff_ffff => self.0.extend([major | 26, b4, b5, b6, b7]),
            _ => {
                self.0.push(major | 27);
                self.0.extend(be);
            }
        }
    }

    pub(crate) fn array(&mut self, len: u64) {
        self.head(ARRAY, len);
    }

    pub(crate) fn unsigned(&mut self, value: u64) {
        self.head(UNSIGNED, value);
    }

    pub(crate) fn signed(&mut self, value: i64) {
        // -1 - n is n with all bits flipped in two's complement, so no case overflows.
        match u64::try_from(value) {
            Ok(value) => self.head(UNSIGNED, value),
            Err(_) => self.head(NEGATIVE, (!value).unsigned_abs()),
        }
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(crate) fn text(&mut self, value: &str) {
        self.head(TEXT, value.len() as u64);
        self.0.extend_from_slice(value.as_bytes());
    }
}

/// What a strict read met, with no position: a header is short and its field is named by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CborError {
    #[error("the bytes end early")]
    Short,
    #[error("another type of value stands here")]
    Type,
    #[error("the value is not in its one deterministic form")]
    NotCanonical,
    #[error("the value is out of range")]
    Range,
}

/// Reads values from a slice, never past its end.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: u64) -> Result<&'a [u8], CborError> {
        let len = usize::try_from(len).map_err(|_| CborError::Short)?;
        let (taken, rest) = self.0.split_at_checked(len).ok_or(CborError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn head(&mut self) -> Result<(u8, u64), CborError> {
        let (&first, rest) = self.0.split_first().ok_or(CborError::Short)?;
        self.0 = rest;
        let low = first & 0x1f;
        let (width, least) = match low {
            0..=23 => return Ok((first >> 5, u64::from(low))),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(CborError::NotCanonical),
        };
        let value = (self.take(width)?.iter()).fold(0_u64, |sum, &b| sum << 8 | u64::from(b));
        if value < least {
            return Err(CborError::NotCanonical);
        }
        Ok((first >> 5, value))
    }

    fn expect(&mut self, major: u8) -> Result<u64, CborError> {
        match self.head()? {
            (found, value) if found == major => Ok(value),
            _ => Err(CborError::Type),
        }
    }

    pub(crate) fn array(&mut self) -> Result<u64, CborError> {
        self.expect(ARRAY)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, CborError> {
        self.expect(UNSIGNED)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, CborError> {
        let (major, value) = self.head()?;
        let value = i64::try_from(value).map_err(|_| CborError::Range)?;
        match major {
            UNSIGNED => Ok(value),
            NEGATIVE => Ok(!value),
            _ => Err(CborError::Type),
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, CborError> {
        let len = self.expect(TEXT)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CborError::Type)
    }

    pub(crate) fn array_of_32(&mut self) -> Result<[u8; 32], CborError> {
        let len = self.expect(BYTES)?;
        self.take(len)?.try_into().map_err(|_| CborError::Range)
    }
}
