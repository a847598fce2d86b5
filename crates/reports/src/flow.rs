//! The flow of a substance between holders as inline SVG (a Sankey diagram): senders left, receivers right, a ribbon for
//! each lane as wide as its mass.
//!
//! A holder that sends and receives stands on both sides: who reads it sees one step of the way, and no loops. Coordinates
//! are integers of tenths, colours come from the page's style sheet by class.

use std::collections::BTreeMap;

use crate::markup::Markup;
use crate::svg::chart_kg;

/// Holders drawn on each side; the others are one.
const NODES: usize = 8;
/// Height of all bars together, tenths.
const HEIGHT: i128 = 2_400;
/// Between two bars, tenths.
const GAP: i32 = 60;
/// Left and right edge of the ribbons, tenths.
const SIDES: (i32, i32) = (1_700, 4_700);
/// Width of a bar, tenths.
const BAR: i32 = 80;
/// Bars lower than this get no label, tenths.
const LABEL_MIN: i32 = 60;
/// Stands for everybody else.
const OTHERS: &str = "…";

/// Draws lanes (sender, receiver, base µg) between who is named by `name`; nothing where there are none.
#[must_use]
pub fn sankey<K: Ord + Copy>(
    lanes: &[(K, K, i128)],
    name: impl Fn(K) -> String,
    title: &str,
) -> String {
    let total: i128 = lanes.iter().map(|(_, _, ug)| (*ug).max(0)).sum();
    if total <= 0 {
        return String::new();
    }
    let left = nodes(lanes.iter().map(|(a, _, ug)| (*a, *ug)));
    let right = nodes(lanes.iter().map(|(_, b, ug)| (*b, *ug)));
    let mut ribbons: BTreeMap<(usize, usize), i128> = BTreeMap::new();
    let place = |all: &[(Option<K>, i128)], key: K| {
        let found = all.iter().position(|(n, _)| *n == Some(key));
        found.unwrap_or(all.len().saturating_sub(1))
    };
    for (a, b, ug) in lanes {
        *ribbons
            .entry((place(&left, *a), place(&right, *b)))
            .or_default() += (*ug).max(0);
    }
    let scale = |ug: i128| {
        i32::try_from(ug.saturating_mul(HEIGHT) / total)
            .unwrap_or(0)
            .max(2)
    };
    let (starts, ends) = (tops(&left, scale), tops(&right, scale));
    let height = starts.1.max(ends.1);
    let mut m = Markup::default();
    m.raw("<svg class=\"flow\" role=\"img\" viewBox=\"0 0 640 ")
        .tenths(height + 40)
        .raw("\"><title>")
        .text(title)
        .raw("</title>");
    let (mut from, mut to) = (starts.0.clone(), ends.0.clone());
    for ((a, b), ug) in &ribbons {
        let width = scale(*ug);
        let (Some(y1), Some(y2)) = (from.get_mut(*a), to.get_mut(*b)) else {
            continue;
        };
        ribbon(&mut m, (*y1, *y2), width);
        *y1 += width;
        *y2 += width;
    }
    for (all, tops, x, side) in [
        (&left, &starts.0, SIDES.0 - BAR, Side::Left),
        (&right, &ends.0, SIDES.1, Side::Right),
    ] {
        for ((key, ug), top) in all.iter().zip(tops) {
            let name = key.map_or_else(|| OTHERS.to_owned(), &name);
            let label = format!("{name} {} kg", chart_kg(*ug));
            bar(&mut m, (x, *top), scale(*ug), side, &label);
        }
    }
    m.raw("</svg>");
    m.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The largest, in order, and what the others come to.
fn nodes<K: Ord + Copy>(masses: impl Iterator<Item = (K, i128)>) -> Vec<(Option<K>, i128)> {
    let mut sums: BTreeMap<K, i128> = BTreeMap::new();
    for (key, ug) in masses {
        *sums.entry(key).or_default() += ug.max(0);
    }
    let mut all: Vec<(Option<K>, i128)> = sums.into_iter().map(|(k, ug)| (Some(k), ug)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    if all.len() > NODES {
        let others = all.split_off(NODES - 1);
        all.push((None, others.iter().map(|(_, ug)| ug).sum()));
    }
    all
}

/// Tops of the bars, and where the last one ends.
fn tops<K>(all: &[(Option<K>, i128)], scale: impl Fn(i128) -> i32) -> (Vec<i32>, i32) {
    let mut y = 20;
    let tops = all
        .iter()
        .map(|(_, ug)| {
            let top = y;
            y += scale(*ug).max(LABEL_MIN) + GAP;
            top
        })
        .collect();
    (tops, y)
}

fn ribbon(m: &mut Markup, (y1, y2): (i32, i32), width: i32) {
    let (x1, x2) = SIDES;
    let middle = i32::midpoint(x1, x2);
    m.raw("<path class=\"ribbon\" d=\"M")
        .tenths(x1)
        .raw(" ")
        .tenths(y1);
    curve(m, middle, (x2, y1, y2));
    m.raw("V").tenths(y2 + width);
    curve(m, middle, (x1, y2 + width, y1 + width));
    m.raw("Z\"/>");
}

fn curve(m: &mut Markup, middle: i32, (x, from, to): (i32, i32, i32)) {
    m.raw("C")
        .tenths(middle)
        .raw(" ")
        .tenths(from)
        .raw(" ")
        .tenths(middle)
        .raw(" ")
        .tenths(to)
        .raw(" ")
        .tenths(x)
        .raw(" ")
        .tenths(to);
}

fn bar(m: &mut Markup, (x, y): (i32, i32), height: i32, side: Side, label: &str) {
    m.raw("<rect class=\"bar\" x=\"")
        .tenths(x)
        .raw("\" y=\"")
        .tenths(y)
        .raw("\" width=\"")
        .tenths(BAR);
    m.raw("\" height=\"").tenths(height).raw("\"/>");
    let (at, anchor) = match side {
        Side::Left => (x - 40, "end"),
        Side::Right => (x + BAR + 40, "start"),
    };
    m.raw("<text x=\"")
        .tenths(at)
        .raw("\" y=\"")
        .tenths(y + (height / 2).max(40) + 30)
        .raw("\" text-anchor=\"")
        .raw(anchor)
        .raw("\">");
    m.text(label).raw("</text>");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n: i128, title: &str) -> String {
        let names: Vec<(String, String)> = (0..n)
            .map(|i| (format!("S{}", i % 5), format!("<R{i}>")))
            .collect();
        let lanes = (1..).zip(&names);
        let lanes: Vec<_> = lanes
            .map(|(i, (a, b))| (a.as_str(), b.as_str(), i * 1_000_000_000))
            .collect();
        sankey(&lanes, str::to_owned, title)
    }

    #[test]
    fn a_lane_is_a_ribbon_and_the_small_ones_are_one() {
        assert_eq!(sankey::<&str>(&[], str::to_owned, "t"), "");
        assert_eq!(sankey(&[("A", "B", 0)], str::to_owned, "t"), "");
        let drawn = of(30, "<flows>");
        assert_eq!(drawn.matches("class=\"bar\"").count(), 5 + NODES);
        assert!(drawn.contains("&lt;flows&gt;") && !drawn.contains("<R"));
        assert!(drawn.contains("… "));
        insta::assert_snapshot!(of(3, "Flows"));
    }
}
