//! Deterministic CBOR (RFC 8949, 4.2.1: shortest heads, definite lengths) and packed columns inside its byte strings.
//!
//! One value has one encoding: the reader refuses heads that are longer than needed and trailing bytes.

use weighbridge_measure::Date;

use crate::error::Damaged;
use crate::substances::rows::TextColumn;

/// Writes canonical bytes.
#[derive(Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Writer {
        Writer::default()
    }

    /// A writer that reuses a buffer, emptied.
    #[must_use]
    pub fn over(mut out: Vec<u8>) -> Writer {
        out.clear();
        Writer { out }
    }

    /// The bytes written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    #[inline]
    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        let b = value.to_be_bytes();
        let [.., b4, b5, b6, b7] = b;
        match value {
            0..=23 => self.out.push(major | b7),
            24..=0xff => self.out.extend([major | 24, b7]),
            0x100..=0xffff => self.out.extend([major | 25, b6, b7]),
            0x1_0000..=0xffff_ffff => self.out.extend([major | 26, b4, b5, b6, b7]),
            _ => {
                self.out.push(major | 27);
                self.out.extend(b);
            }
        }
        self
    }

    /// An array's head.
    pub fn array(&mut self, len: usize) -> &mut Self {
        self.head(4, len as u64)
    }

    /// An unsigned number.
    pub fn number(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    /// A signed number.
    pub fn signed(&mut self, value: i64) -> &mut Self {
        if value < 0 {
            self.head(1, !value.cast_unsigned())
        } else {
            self.head(0, value.cast_unsigned())
        }
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.head(2, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
        self
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.head(3, text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    /// Elements that are in their bytes already.
    #[inline]
    pub(crate) fn raw(&mut self, elements: &[u8]) -> &mut Self {
        self.out.extend_from_slice(elements);
        self
    }

    /// A date, or null.
    pub fn optional_date(&mut self, date: Option<Date>) -> &mut Self {
        match date {
            Some(d) => self.number(u64::from(d.days())),
            None => {
                self.out.push(0xf6);
                self
            }
        }
    }
}

/// Reads canonical bytes.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of the bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Damaged> {
        let (head, rest) = self
            .rest
            .split_at_checked(n)
            .ok_or(Damaged("ends too early"))?;
        self.rest = rest;
        Ok(head)
    }

    fn head(&mut self) -> Result<(u8, u64), Damaged> {
        let first = self.take(1)?.first().copied().unwrap_or(0);
        let (major, info) = (first >> 5, first & 31);
        let (extra, least) = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24 => (1, 24),
            25 => (2, 0x100),
            26 => (4, 0x1_0000),
            27 => (8, 0x1_0000_0000),
            _ => return Err(Damaged("head")),
        };
        let value = self
            .take(extra)?
            .iter()
            .fold(0u64, |v, b| v << 8 | u64::from(*b));
        if value < least {
            return Err(Damaged("head longer than needed"));
        }
        Ok((major, value))
    }

    fn of(&mut self, major: u8, what: &'static str) -> Result<u64, Damaged> {
        match self.head()? {
            (m, value) if m == major => Ok(value),
            _ => Err(Damaged(what)),
        }
    }

    /// An array's head.
    pub fn array(&mut self) -> Result<usize, Damaged> {
        let n = self.of(4, "array")?;
        // Every element takes at least a byte: a longer claim is damage and must not reserve memory.
        let n = usize::try_from(n).map_err(|_| Damaged("array"))?;
        if n > self.rest.len() {
            Err(Damaged("array"))
        } else {
            Ok(n)
        }
    }

    /// An unsigned number.
    pub fn number(&mut self) -> Result<u64, Damaged> {
        self.of(0, "number")
    }

    /// An unsigned number of 32 bits.
    pub fn small(&mut self) -> Result<u32, Damaged> {
        u32::try_from(self.number()?).map_err(|_| Damaged("number"))
    }

    /// An unsigned number of 8 bits.
    pub fn tiny(&mut self) -> Result<u8, Damaged> {
        u8::try_from(self.number()?).map_err(|_| Damaged("number"))
    }

    /// A signed number.
    pub fn signed(&mut self) -> Result<i64, Damaged> {
        match self.head()? {
            (0, v) => i64::try_from(v).map_err(|_| Damaged("number")),
            (1, v) => i64::try_from(v)
                .map(|v| -1 - v)
                .map_err(|_| Damaged("number")),
            _ => Err(Damaged("number")),
        }
    }

    /// A byte string.
    pub fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let n = self.of(2, "bytes")?;
        self.take(usize::try_from(n).map_err(|_| Damaged("bytes"))?)
    }

    /// A text.
    pub fn str(&mut self) -> Result<&'a str, Damaged> {
        let n = self.of(3, "text")?;
        let bytes = self.take(usize::try_from(n).map_err(|_| Damaged("text"))?)?;
        std::str::from_utf8(bytes).map_err(|_| Damaged("text"))
    }

    /// A text, owned.
    pub fn text(&mut self) -> Result<String, Damaged> {
        self.str().map(str::to_owned)
    }

    /// A date.
    pub fn date(&mut self) -> Result<Date, Damaged> {
        date(self.number()?)
    }

    /// A date or null.
    pub fn optional_date(&mut self) -> Result<Option<Date>, Damaged> {
        if self.rest.first() == Some(&0xf6) {
            self.take(1)?;
            return Ok(None);
        }
        self.date().map(Some)
    }

    /// Nothing may follow.
    pub fn end(&self) -> Result<(), Damaged> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Damaged("bytes after the end"))
        }
    }
}

fn date(days: u64) -> Result<Date, Damaged> {
    let days = u16::try_from(days).map_err(|_| Damaged("date"))?;
    let date = Date::from_days(days);
    if date.days() == days {
        Ok(date)
    } else {
        Err(Damaged("date"))
    }
}

/// Column packed as one repeated value.
const SAME: u8 = 0;
/// Column packed as variable-length differences from the row before.
const STEPS: u8 = 1;
/// Column packed as variable-length values.
const VALUES: u8 = 2;

#[inline]
fn put(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        #[allow(clippy::cast_possible_truncation, reason = "masked to seven bits")]
        out.push((v & 0x7f) as u8 | 0x80);
        v >>= 7;
    }
    #[allow(clippy::cast_possible_truncation, reason = "below 0x80")]
    out.push(v as u8);
}

fn zigzag(v: i64) -> u64 {
    ((v << 1) ^ (v >> 63)).cast_unsigned()
}

fn unzigzag(v: u64) -> i64 {
    (v >> 1).cast_signed() ^ -((v & 1).cast_signed())
}

fn encoded_len(v: u64) -> usize {
    (64 - (v | 1).leading_zeros() as usize).div_ceil(7)
}

/// Packs a column of numbers in the shortest of the three forms (ties: the first).
#[must_use]
pub fn pack(values: impl Iterator<Item = i64> + Clone) -> Vec<u8> {
    let Some(first) = values.clone().next() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    if values.clone().all(|v| v == first) {
        out.push(SAME);
        put(&mut out, zigzag(first));
        return out;
    }
    let mut last = 0i64;
    let (mut by_step, mut by_value) = (0usize, 0usize);
    for v in values.clone() {
        by_step += encoded_len(zigzag(v.wrapping_sub(last)));
        by_value += encoded_len(zigzag(v));
        last = v;
    }
    out.reserve(by_step.min(by_value) + 1);
    if by_step <= by_value {
        out.push(STEPS);
        let mut last = 0i64;
        for v in values {
            put(&mut out, zigzag(v.wrapping_sub(last)));
            last = v;
        }
    } else {
        out.push(VALUES);
        for v in values {
            put(&mut out, zigzag(v));
        }
    }
    out
}

/// Unpacks a column of `n` numbers, handing each to `each`.
///
/// # Errors
/// [`Damaged`] where the bytes are not exactly `n` numbers.
pub fn unpack(
    bytes: &[u8],
    n: usize,
    mut each: impl FnMut(i64) -> Result<(), Damaged>,
) -> Result<(), Damaged> {
    const WRONG: Damaged = Damaged("column");
    if n == 0 {
        return if bytes.is_empty() { Ok(()) } else { Err(WRONG) };
    }
    let (form, mut rest) = bytes.split_first().ok_or(WRONG)?;
    match *form {
        SAME => {
            let v = unzigzag(get(&mut rest)?);
            for _ in 0..n {
                each(v)?;
            }
        }
        STEPS => {
            let mut last = 0i64;
            for _ in 0..n {
                last = last.wrapping_add(unzigzag(get(&mut rest)?));
                each(last)?;
            }
        }
        VALUES => {
            for _ in 0..n {
                each(unzigzag(get(&mut rest)?))?;
            }
        }
        _ => return Err(WRONG),
    }
    if rest.is_empty() { Ok(()) } else { Err(WRONG) }
}

#[inline]
fn get(rest: &mut &[u8]) -> Result<u64, Damaged> {
    let mut v = 0u64;
    for shift in (0..64).step_by(7) {
        let (b, tail) = rest.split_first().ok_or(Damaged("column"))?;
        *rest = tail;
        v |= u64::from(b & 0x7f) << shift;
        if b & 0x80 == 0 {
            // A last byte of zero after others would be a second spelling of the same number.
            return if *b == 0 && shift > 0 {
                Err(Damaged("column"))
            } else {
                Ok(v)
            };
        }
    }
    Err(Damaged("column"))
}

/// Writes a text column: an empty array when blank, `[words, positions]` with words in order of first appearance, or
/// `[lengths, bytes, null]` in plain form.
pub fn write_texts(w: &mut Writer, column: &TextColumn) {
    if column.is_blank() {
        w.array(0);
        return;
    }
    let column = column.canonical();
    if column.is_words() {
        let positions = column.positions().iter().map(|p| i64::from(*p));
        w.array(2).array(column.words().len());
        for word in column.words() {
            w.text(word);
        }
        w.bytes(&pack(positions));
        return;
    }
    let lengths = column.iter().map(|t| i64::try_from(t.len()).unwrap_or(0));
    let bytes: usize = column.iter().map(str::len).sum();
    w.array(3).bytes(&pack(lengths));
    w.out.reserve(bytes + 9);
    w.head(3, bytes as u64);
    for text in column.iter() {
        w.out.extend_from_slice(text.as_bytes());
    }
    w.out.push(0xf6);
}

/// Reads a text column of `n` rows.
///
/// # Errors
/// [`Damaged`] where the bytes are not such a column.
pub fn read_texts(r: &mut Reader<'_>, n: usize) -> Result<TextColumn, Damaged> {
    const WRONG: Damaged = Damaged("text column");
    match r.array()? {
        0 => Ok(TextColumn::blanks(n)),
        2 => {
            let words = r.array()?;
            let mut column = TextColumn::for_words(words, 0, n);
            for _ in 0..words {
                column.add_word(r.str()?);
            }
            unpack(r.bytes()?, n, |at| {
                u32::try_from(at)
                    .ok()
                    .and_then(|at| column.place(at))
                    .ok_or(WRONG)
            })?;
            Ok(column)
        }
        3 => {
            let lengths = r.bytes()?;
            let mut rest = r.str()?;
            let mut column = TextColumn::for_words(n, rest.len(), n);
            unpack(lengths, n, |len| {
                let len = usize::try_from(len).map_err(|_| WRONG)?;
                let (text, tail) = rest.split_at_checked(len).ok_or(WRONG)?;
                rest = tail;
                let word = column.add_word(text);
                column.place(word).ok_or(WRONG)
            })?;
            if !rest.is_empty() || r.take(1)? != [0xf6] {
                return Err(WRONG);
            }
            Ok(column)
        }
        _ => Err(WRONG),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(values in proptest::collection::vec(any::<i64>(), 0..50)) {
            let mut back = Vec::new();
            unpack(&pack(values.iter().copied()), values.len(), |v| { back.push(v); Ok(()) }).unwrap();
            prop_assert_eq!(back, values);
        }

        #[test]
        fn texts_come_back(texts in proptest::collection::vec("[a-c盐]{0,3}", 0..60)) {
            let mut column = TextColumn::default();
            texts.iter().for_each(|t| column.push(t));
            let mut w = Writer::new();
            write_texts(&mut w, &column);
            let bytes = w.finish();
            let mut r = Reader::new(&bytes);
            let back = read_texts(&mut r, texts.len()).unwrap();
            r.end().unwrap();
            prop_assert_eq!(back, column);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), n in 0usize..100) {
            let _ = read_texts(&mut Reader::new(&bytes), n);
            let _ = unpack(&bytes, n, |_| Ok(()));
        }
    }

    #[test]
    fn heads_are_shortest() {
        for v in [0u64, 23, 24, 255, 256, 65_535, 65_536, 1 << 32, u64::MAX] {
            let mut w = Writer::new();
            w.number(v);
            assert_eq!(Reader::new(&w.finish()).number(), Ok(v));
        }
        assert!(Reader::new(&[0x18, 23]).number().is_err());
        for v in [0, -1, i64::MIN, i64::MAX] {
            let mut w = Writer::new();
            w.signed(v);
            assert_eq!(Reader::new(&w.finish()).signed(), Ok(v));
        }
    }
}
