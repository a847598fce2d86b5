//! Folding of texts: full-width forms to ASCII, odd blanks to blanks, invisible characters away, ends trimmed.

use std::borrow::Cow;

/// Folds a text. Borrowed unless a character had to be changed.
///
/// Letters keep their case; CJK characters stay as they are.
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if needs_folding(text.as_bytes()) {
        let folded: String = text.chars().filter_map(fold_char).collect();
        match folded.trim() {
            trimmed if trimmed.len() == folded.len() => Cow::Owned(folded),
            trimmed => Cow::Owned(trimmed.to_owned()),
        }
    } else {
        Cow::Borrowed(text.trim())
    }
}

/// Whether a text may hold a character that [`fold`] changes: all of them start with one of four bytes.
#[must_use]
pub(crate) fn needs_folding(bytes: &[u8]) -> bool {
    !bytes.is_ascii()
        && (memchr::memchr3(0xEF, 0xE2, 0xC2, bytes).is_some()
            || memchr::memmem::find(bytes, "\u{3000}".as_bytes()).is_some())
}

/// The folded form of one character; `None` for invisible ones.
#[must_use]
pub(crate) fn fold_char(c: char) -> Option<char> {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        '\u{3000}' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' => {
            Some(' ')
        }
        '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}'
        | '\u{AD}' => None,
        '\u{2212}' | '\u{FE63}' => Some('-'),
        c => Some(c),
    }
}

/// A word for looking up in a list: folded, lower case, blanks, `_` and `-` removed.
#[must_use]
pub(crate) fn key(text: &str) -> String {
    fold(text)
        .chars()
        .filter(|c| {
            !matches!(
                c,
                ' ' | '_' | '-' | '\u{2010}'..='\u{2015}' | '\n' | '\r' | '\t'
            )
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// The first `max` bytes of a text, cut at a character.
#[must_use]
pub(crate) fn cut(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let mut end = max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds() {
        for (text, folded) in [
            ("  a b ", "a b"),
            ("１２．５ ", "12.5"),
            ("\u{3000}丙酮\u{3000}", "丙酮"),
            ("ＡＢＣ－１（2）", "ABC-1(2)"),
            ("1\u{A0}234", "1 234"),
            ("\u{FEFF}kind", "kind"),
            ("\u{2212}5", "-5"),
            ("盐酸", "盐酸"),
            ("é", "é"),
        ] {
            assert_eq!(fold(text), folded);
        }
        assert!(matches!(fold("出库"), Cow::Borrowed(_)));
        assert_eq!(key(" Sample-Return "), key("sample_return"));
        assert_eq!(cut("盐酸", 4), "盐");
    }
}
