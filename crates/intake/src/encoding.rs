//! Encodings: what a head of bytes is written in, and streams of UTF-8 out of it.

use std::cell::Cell;
use std::io::{BufRead, Read};

use encoding_rs::{CoderResult, Decoder};

use crate::issue::FileIssue;

/// Encodings that are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    /// UTF-8 without a mark.
    #[default]
    Utf8,
    /// UTF-8 with a byte order mark.
    Utf8Bom,
    /// GB 18030, which includes GBK and GB 2312.
    Gb18030,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// Western European, as older spreadsheets write it.
    Windows1252,
}

impl Encoding {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf8Bom => "utf-8-bom",
            Encoding::Gb18030 => "gb18030",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Windows1252 => "windows-1252",
        }
    }

    fn coder(self) -> &'static encoding_rs::Encoding {
        match self {
            Encoding::Utf8 | Encoding::Utf8Bom => encoding_rs::UTF_8,
            Encoding::Gb18030 => encoding_rs::GB18030,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
        }
    }

    /// Whether a replacement character in the text is a sign of damage (in UTF-8 it may have been written).
    pub(crate) fn transcoded(self) -> bool {
        !matches!(self, Encoding::Utf8 | Encoding::Utf8Bom)
    }

    /// The encoding of a head of bytes.
    ///
    /// # Errors
    /// [`FileIssue::NotText`] with a guess.
    pub(crate) fn of(head: &[u8]) -> Result<Encoding, FileIssue> {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => return Ok(Encoding::Utf8Bom),
            [0xFF, 0xFE, ..] => return Ok(Encoding::Utf16Le),
            [0xFE, 0xFF, ..] => return Ok(Encoding::Utf16Be),
            _ => {}
        }
        if let Some(utf16) = utf16_pattern(head) {
            return Ok(utf16);
        }
        if head.contains(&0) {
            return Err(FileIssue::NotText {
                guess: "binary".to_owned(),
            });
        }
        match std::str::from_utf8(head) {
            Ok(_) => return Ok(Encoding::Utf8),
            // The head may be cut inside a character; one bad byte in a sea of good ones is for its row to report.
            Err(e) if e.error_len().is_none() => return Ok(Encoding::Utf8),
            Err(_) => {}
        }
        if mostly_utf8(head) {
            return Ok(Encoding::Utf8);
        }
        guess(head)
    }

    /// The text of a head; a character cut at its end is left out.
    pub(crate) fn decode(self, head: &[u8]) -> String {
        let mut decoder = self.coder().new_decoder_with_bom_removal();
        let mut text = String::new();
        let mut rest = head;
        loop {
            text.reserve(rest.len() * 3 + 16);
            let (result, read, _) = decoder.decode_to_string(rest, &mut text, false);
            rest = rest.get(read..).unwrap_or_default();
            if result == CoderResult::InputEmpty {
                return text;
            }
        }
    }
}

/// UTF-16 without a mark: ASCII characters leave zeros at every second place.
fn utf16_pattern(head: &[u8]) -> Option<Encoding> {
    let sample = head.get(..head.len().min(4096))?;
    let zeros = |odd: usize| {
        sample
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let enough = sample.len() >= 8 && even + odd > sample.len() / 8;
    match (even, odd) {
        (0, _) if enough => Some(Encoding::Utf16Le),
        (_, 0) if enough => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Whether characters of several bytes are right far more often than wrong.
fn mostly_utf8(head: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in head.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 20 * bad
}

fn guess(head: &[u8]) -> Result<Encoding, FileIssue> {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(head, false);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    if guess == encoding_rs::GBK || guess == encoding_rs::GB18030 {
        return Ok(Encoding::Gb18030);
    }
    let as_gb = Encoding::Gb18030.decode(head);
    if !as_gb.contains('\u{FFFD}') && common_chinese(&as_gb) {
        return Ok(Encoding::Gb18030);
    }
    if guess == encoding_rs::WINDOWS_1252 {
        return Ok(Encoding::Windows1252);
    }
    Err(FileIssue::NotText {
        guess: guess.name().to_owned(),
    })
}

/// Whether words of our own headers and kinds stand in a text: no other encoding makes them by chance.
fn common_chinese(text: &str) -> bool {
    [
        "日期", "数量", "单位", "类型", "入库", "出库", "公斤", "千克", "品种", "物质",
    ]
    .iter()
    .any(|w| text.contains(w))
}

/// A stream of UTF-8; counts the bytes taken from the input.
pub(crate) struct Utf8Stream<'a> {
    input: &'a mut dyn BufRead,
    decoder: Option<Decoder>,
    count: &'a Cell<u64>,
    started: bool,
    ended: bool,
    held: Vec<u8>,
}

impl<'a> Utf8Stream<'a> {
    /// UTF-8 goes through unchecked (each row is checked); other encodings are decoded, damage to U+FFFD.
    pub(crate) fn new(
        input: &'a mut dyn BufRead,
        encoding: Encoding,
        count: &'a Cell<u64>,
    ) -> Utf8Stream<'a> {
        let decoder = encoding
            .transcoded()
            .then(|| encoding.coder().new_decoder_with_bom_removal());
        Utf8Stream {
            input,
            decoder,
            count,
            started: false,
            ended: false,
            held: Vec::new(),
        }
    }

    fn took(&self, n: usize) {
        self.count.set(self.count.get() + n as u64);
    }

    /// Reads the first three bytes and keeps them unless they are a byte order mark.
    fn start(&mut self) -> std::io::Result<()> {
        self.started = true;
        while self.held.len() < 3 {
            let mut byte = [0u8];
            if self.input.read(&mut byte)? == 0 {
                break;
            }
            self.held.extend(byte);
        }
        self.took(self.held.len());
        if self.held == [0xEF, 0xBB, 0xBF] {
            self.held.clear();
        }
        Ok(())
    }
}

impl Read for Utf8Stream<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.decoder.is_none() && !self.started {
            self.start()?;
        }
        if !self.held.is_empty() {
            return Ok(self.drain(out));
        }
        if self.decoder.is_none() {
            let n = self.input.read(out)?;
            self.took(n);
            return Ok(n);
        }
        // The decoder needs room for whole characters.
        if out.len() >= 16 {
            return self.decode(out);
        }
        let mut small = [0u8; 16];
        let n = self.decode(&mut small)?;
        self.held.extend(small.iter().take(n));
        Ok(self.drain(out))
    }
}

impl Utf8Stream<'_> {
    fn drain(&mut self, out: &mut [u8]) -> usize {
        let n = self.held.len().min(out.len());
        for (slot, byte) in out.iter_mut().zip(self.held.drain(..n)) {
            *slot = byte;
        }
        n
    }

    fn decode(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(0);
        };
        while !self.ended {
            let source = self.input.fill_buf()?;
            let last = source.is_empty();
            let (result, read, written, _) = decoder.decode_to_utf8(source, out, last);
            self.input.consume(read);
            self.count.set(self.count.get() + read as u64);
            self.ended = last && result == CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "日期,数量,单位\n2024-01-31,25,公斤\n";

    fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        let units = mark
            .then_some(0xFEFF)
            .into_iter()
            .chain(text.encode_utf16());
        units
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    }

    fn gb(text: &str) -> Vec<u8> {
        encoding_rs::GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn detects_and_decodes() {
        let english = "reporter,kind,date,substance,amount,unit\nA,use,2024-01-31,acetone,5,kg\n";
        for (bytes, encoding, text) in [
            (TEXT.as_bytes().to_vec(), Encoding::Utf8, TEXT),
            (
                [b"\xEF\xBB\xBF", TEXT.as_bytes()].concat(),
                Encoding::Utf8Bom,
                TEXT,
            ),
            (gb(TEXT), Encoding::Gb18030, TEXT),
            (utf16(TEXT, false, true), Encoding::Utf16Le, TEXT),
            (utf16(TEXT, true, true), Encoding::Utf16Be, TEXT),
            (utf16(english, false, false), Encoding::Utf16Le, english),
            (utf16(english, true, false), Encoding::Utf16Be, english),
        ] {
            assert_eq!(Encoding::of(&bytes), Ok(encoding));
            assert_eq!(encoding.decode(&bytes), text);
            let count = Cell::new(0);
            let mut out = String::new();
            let mut input = std::io::BufReader::with_capacity(3, &bytes[..]);
            Utf8Stream::new(&mut input, encoding, &count)
                .read_to_string(&mut out)
                .unwrap();
            assert_eq!(out, text, "{encoding:?}");
            assert_eq!(count.get(), bytes.len() as u64);
        }
    }

    #[test]
    fn western_and_binary() {
        let western = encoding_rs::WINDOWS_1252
            .encode("reporter;remark\nA;Größe geprüft für Straße\nB;Überprüfung möglich\n")
            .0
            .into_owned();
        assert_eq!(Encoding::of(&western), Ok(Encoding::Windows1252));
        assert!(matches!(
            Encoding::of(b"\x7FELF\x02\x01\x01\x00\x00\x00\x00\x03\x00\x3e\x00\x01"),
            Err(FileIssue::NotText { .. })
        ));
    }
}
