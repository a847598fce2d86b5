//! Who is who, from the rows of a holders file.

use weighbridge_books::registry::{HolderRow, Reports};

use super::stated::fold;

/// A party of the register, by its place.
pub(super) type Party = usize;

/// One holder.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    /// Our code, as written.
    pub(super) code: String,
    /// Every folded text that means this holder.
    pub(super) names: Vec<String>,
    /// Site codes, as written.
    pub(super) sites: Vec<String>,
    /// Whether silence is answered for.
    pub(super) reports: bool,
}

/// Every holder.
#[derive(Clone, Debug)]
pub(super) struct Register(pub(super) Vec<Holder>);

impl Register {
    /// Gathers the rows of each holder; a first row without a site gives one named like the holder.
    pub(super) fn of(rows: &[HolderRow]) -> Register {
        let mut holders: Vec<Holder> = Vec::new();
        for row in rows {
            let site = if row.site.is_empty() {
                row.code.clone()
            } else {
                row.site.clone()
            };
            let texts = [&row.code, &row.uscc, &row.dea, &row.licence];
            let names = texts.iter().map(|t| fold(t)).filter(|t| !t.is_empty());
            match holders.iter_mut().find(|h| h.code == row.code) {
                Some(holder) => {
                    holder.names.extend(names);
                    holder.reports = row.reports == Reports::Yes;
                    if !row.site.is_empty() && !holder.sites.contains(&site) {
                        holder.sites.push(site);
                    }
                }
                None => holders.push(Holder {
                    code: row.code.clone(),
                    names: names.collect(),
                    sites: vec![site],
                    reports: row.reports == Reports::Yes,
                }),
            }
        }
        Register(holders)
    }

    /// The holder that a text means.
    pub(super) fn find(&self, text: &str) -> Option<Party> {
        let text = fold(text);
        self.0.iter().position(|h| h.names.contains(&text))
    }

    /// A holder's site by its code, as written in the register.
    pub(super) fn site(&self, party: Party, code: &str) -> Option<String> {
        self.0[party]
            .sites
            .iter()
            .find(|s| fold(s) == fold(code))
            .cloned()
    }
}
