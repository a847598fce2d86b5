//! Finding a party by what people write, and saying what was probably meant without assuming it.

use super::{HolderId, Registry, Site, SiteId};

/// The result of looking up a party text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Exactly one holder bears this code or number.
    One(HolderId),
    /// Several do.
    Several(Vec<HolderId>),
    /// None does; codes that differ by a slip, nearest first, never taken silently.
    Nobody(Vec<String>),
}

/// Suggestions shown for one unknown code.
const SUGGESTIONS_MAX: usize = 3;

/// Slips (insert, drop, replace, swap) within which a code counts as a typing error.
const SLIPS_MAX: usize = 2;

/// Folds a code for comparison: full-width forms to ASCII, blanks and dashes of any kind dropped, upper case.
#[must_use]
pub fn fold_code(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
            c if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' => None,
            c => Some(c),
        })
        .filter(|c| !matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}'))
        .flat_map(char::to_uppercase)
        .collect()
}

impl Registry {
    /// The one holder that bears this code or number; without the search for slips that [`Registry::find`] makes.
    #[must_use]
    pub fn one(&self, text: &str) -> Option<HolderId> {
        let ids = self.names.get(&fold_code(text))?;
        ids.first().copied().filter(|_| ids.len() == 1)
    }

    /// Whether any holder bears this code or number.
    #[must_use]
    pub fn is_known(&self, text: &str) -> bool {
        self.names.contains_key(&fold_code(text))
    }

    /// Finds a holder by code, licence number, social credit code or DEA-style number.
    #[must_use]
    pub fn find(&self, text: &str) -> Found {
        let folded = fold_code(text);
        match self
            .names
            .get(&folded)
            .map(|ids| ids.iter().copied().collect::<Vec<_>>())
        {
            Some(ids) => match ids.as_slice() {
                [one] => Found::One(*one),
                _ => Found::Several(ids),
            },
            None => Found::Nobody(self.suggest(&folded)),
        }
    }

    /// Finds a site of a holder by its code. Whoever registered it finds it under the code as registered as well.
    #[must_use]
    pub fn find_site(&self, holder: HolderId, code: &str) -> Option<SiteId> {
        let folded = fold_code(code);
        let sites = self.holder(holder)?.sites.iter().copied();
        let sites = sites.filter_map(|id| Some((id, self.site(id)?)));
        let own = |s: &Site| s.holder == holder && fold_code(&s.registered) == folded;
        let mut found = sites.clone().filter(|(_, s)| s.folded == folded);
        let mut registered = sites.filter(|(_, s)| s.moved_apart() && own(s));
        found.next().or_else(|| registered.next()).map(|(id, _)| id)
    }

    fn suggest(&self, folded: &str) -> Vec<String> {
        let wanted: Vec<char> = folded.chars().collect();
        let mut near: Vec<(usize, String)> = Vec::new();
        for (name, ids) in &self.names {
            let candidate: Vec<char> = name.chars().collect();
            if candidate.len().abs_diff(wanted.len()) > SLIPS_MAX || wanted.len() < 3 {
                continue;
            }
            let slips = distance(&wanted, &candidate);
            if slips <= SLIPS_MAX {
                let codes = ids
                    .iter()
                    .filter_map(|id| self.holder(*id))
                    .map(|h| h.code.clone());
                near.extend(codes.map(|code| (slips, code)));
            }
        }
        near.sort();
        near.dedup_by(|a, b| a.1 == b.1);
        near.into_iter()
            .take(SUGGESTIONS_MAX)
            .map(|(_, code)| code)
            .collect()
    }
}

/// Optimal string alignment distance (Damerau 1964, restricted): insert, drop, replace, swap of neighbours.
#[allow(
    clippy::indexing_slicing,
    reason = "rows have b.len()+1 cells and every index is within"
)]
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut here = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (above[j] + 1).min(here[j - 1] + 1).min(above[j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            here[j] = best;
        }
        before = std::mem::replace(&mut above, here);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips() {
        let d = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        for (a, b, want) in [
            ("", "", 0),
            ("AB", "", 2),
            ("H0012", "H0021", 1),
            ("H0012", "H012", 1),
            ("盐酸", "硫酸", 1),
        ] {
            assert_eq!(d(a, b), want, "{a} {b}");
        }
    }

    #[test]
    fn folding() {
        for (a, b) in [("ｈ-００１２", "H0012"), (" lx–0042 ", "LX0042")] {
            assert_eq!(fold_code(a), fold_code(b));
        }
    }
}
