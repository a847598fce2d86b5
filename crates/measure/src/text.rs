//! Folding of names and codes before they are looked up.

/// Full-width letters, digits and signs become their ASCII twins, every dash and minus a hyphen, the Greek letter mu
/// the micro sign, primes apostrophes; nothing else changes.
pub fn fold_width(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// [`fold_width`], trimmed, in lower case, white space runs joined to one space: the key of units and forms.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in fold_width(text).split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}

/// [`fold`] without spaces, hyphens, commas, dots and apostrophes: the key of names, which people punctuate freely.
pub(crate) fn name_key(text: &str) -> String {
    let skipped = |c: &char| !matches!(c, ' ' | '-' | ',' | '.' | '\'' | '_' | '·');
    fold(text).chars().filter(skipped).collect()
}

fn fold_char(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{3bc}' => '\u{b5}',
        '、' => ',',
        '’' | '′' => '\'',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_what_names_differ_by() {
        assert_eq!(fold_width("ＫＧ（９８％）－１"), "KG(98%)-1");
        assert_eq!(fold("  Ethyl\u{3000}  Ether "), "ethyl ether");
        assert_eq!(fold("μg"), "\u{b5}g");
        assert_eq!(name_key("N-Methyl Ephedrine"), "nmethylephedrine");
        assert_ne!(name_key("α-x"), name_key("β-x"));
    }
}
