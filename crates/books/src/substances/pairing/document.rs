//! Stages 1 to 4: halves that carry the same document.

use super::Pairing;
use super::half::{DOCUMENT_GAP_DAYS, Half, clusters, has_both};
use crate::substances::line::{LineNo, Lines, Stage};

/// What halves must have in common.
type Agree = fn(&Half) -> (u32, u32, u32);

/// What must agree beside the document, stage by stage.
const STAGES: [(Stage, Agree); 4] = [
    (Stage::Document, |h| {
        (h.from.0, h.to.0, u32::from(h.substance))
    }),
    (Stage::Consignee, |h| (h.from.0, u32::from(h.substance), 0)),
    (Stage::Consignor, |h| (h.to.0, u32::from(h.substance), 0)),
    (Stage::Substance, |h| (h.from.0, h.to.0, 0)),
];

/// Pairs the halves of one document; those without a partner stay in `group`.
pub(super) fn pair_document(lines: &mut Lines, group: &mut Vec<Half>, pairing: &Pairing) {
    if let [a, b] = group.as_slice()
        && a.side != b.side
        && a.lane() == b.lane()
        && a.date.abs_diff(b.date) <= DOCUMENT_GAP_DAYS
        && !pairing.are_apart(a.line, b.line)
    {
        lines.join(&[a.line.min(b.line), a.line.max(b.line)], Stage::Document);
        group.clear();
        return;
    }
    for (stage, key) in STAGES {
        if !has_both(group) {
            return;
        }
        group.sort_by_key(|h| (key(h), h.date, h.line));
        let mut rest = Vec::new();
        for same in group.chunk_by(|a, b| key(a) == key(b)) {
            for cluster in clusters(same, DOCUMENT_GAP_DAYS) {
                if has_both(cluster) && !kept_apart(cluster, pairing) {
                    let mut members: Vec<LineNo> = cluster.iter().map(|h| h.line).collect();
                    members.sort_unstable();
                    lines.join(&members, stage);
                } else {
                    rest.extend_from_slice(cluster);
                }
            }
        }
        *group = rest;
    }
}

fn kept_apart(cluster: &[Half], pairing: &Pairing) -> bool {
    cluster
        .iter()
        .any(|a| cluster.iter().any(|b| pairing.are_apart(a.line, b.line)))
}
