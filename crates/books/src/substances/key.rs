//! Keys of 64 bits: folded texts as numbers, so that a line need not keep its texts in memory.
//!
//! XXH3 with a fixed seed is part of what the books compute, not of what the journal stores: it may change with the
//! program's fold version. It is not collision-resistant against intent; a made-up collision only merges the author's
//! own rows into one question or one group that a reviewer sees with both texts.

use xxhash_rust::xxh3::xxh3_64;

/// Folds a text for comparison (matching rules, 2): full-width forms to ASCII, blanks dropped, upper case.
pub fn fold_text(text: &str, out: &mut Vec<u8>) {
    out.clear();
    if text.is_ascii() {
        out.extend(
            text.bytes()
                .filter(|b| !b.is_ascii_whitespace())
                .map(|b| b.to_ascii_uppercase()),
        );
        return;
    }
    let mut utf8 = [0u8; 4];
    for c in text.chars() {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c => c,
        };
        if c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}') {
            continue;
        }
        for upper in c.to_uppercase() {
            out.extend_from_slice(upper.encode_utf8(&mut utf8).as_bytes());
        }
    }
}

/// Whether folding leaves a text as it is, for the common ones.
fn is_folded(text: &str) -> bool {
    // Without a way out in the middle the loop is done many bytes at a time.
    let changed = |b: u8| !b.is_ascii_graphic() || b.is_ascii_lowercase();
    !text.bytes().fold(false, |found, b| found | changed(b))
}

/// The key of a folded text; 0 stands for an absent one.
#[must_use]
pub fn text_key(text: &str, buffer: &mut Vec<u8>) -> u64 {
    if text.is_empty() {
        return 0;
    }
    if is_folded(text) {
        return xxh3_64(text.as_bytes()).max(1);
    }
    fold_text(text, buffer);
    if buffer.is_empty() {
        0
    } else {
        xxh3_64(buffer).max(1)
    }
}

const SALTS: [u64; 2] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db];

/// Multiplies and folds, as wyhash does.
fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    #[allow(clippy::cast_possible_truncation, reason = "both halves are taken")]
    let (low, high) = (wide as u64, (wide >> 64) as u64);
    low ^ high
}

/// The key of several numbers in order, the first telling the sort of key, so that keys of different sorts never meet.
#[must_use]
pub fn key_of(parts: &[u64]) -> u64 {
    // The parts are keys already, so two rounds of mixing per part are enough.
    let [first, second] = SALTS;
    let folded = parts
        .iter()
        .fold(first, |h, part| mix(h ^ part, second ^ h.rotate_left(29)));
    mix(folded ^ first, second).max(1)
}

/// The key of numbers that are not keys themselves.
#[must_use]
#[inline]
pub fn record_key<const N: usize>(parts: [u64; N]) -> u64 {
    xxh3_64(parts.map(u64::to_le_bytes).as_flattened())
}

/// The key of a cell by its column, for sums over the cells of a row in which absent ones need not be visited.
#[must_use]
#[inline]
pub fn cell_key(column: u64, text: u64) -> u64 {
    let [first, second] = SALTS;
    mix(
        text ^ first,
        second.rotate_left(7) ^ (column + 1).wrapping_mul(first),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_have_one_key() {
        let mut b = Vec::new();
        for (x, y) in [
            ("inv-7", "INV-7"),
            (" inv -7", "INV-7"),
            ("ＩＮＶ－７", "INV-7"),
            ("货单７", "货单7"),
        ] {
            assert_eq!(text_key(x, &mut b), text_key(y, &mut b), "{x}");
        }
        assert_ne!(text_key("INV7", &mut b), text_key("INV-7", &mut b));
        assert_eq!(text_key("", &mut b), 0);
        for text in [
            "INV-7",
            "inv-7",
            "INV 7",
            "\u{1}",
            "INV\u{7f}",
            "货单7",
            "~!09AZ",
        ] {
            fold_text(text, &mut b);
            assert_eq!(
                is_folded(text),
                b == text.as_bytes() && text.bytes().all(|b| b.is_ascii_graphic()),
                "{text}"
            );
        }
    }
}
