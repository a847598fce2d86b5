//! Terminal output as an SVG: one `<text>` a line, a wide character two columns.

use std::fmt::Write as _;

/// Width of a column and height of a line in pixels.
const COLUMN: f64 = 8.4;
const LINE: f64 = 19.0;
const MARGIN: f64 = 16.0;
/// Columns of a picture that can still be read beside text.
const WIDEST: usize = 140;
/// Height of the bar with the title.
const BAR: f64 = 34.0;

/// Columns of a character: East Asian wide and full-width forms take two.
fn columns(c: char) -> usize {
    match u32::from(c) {
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6 => 2,
        _ => 1,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Runs of characters of one width: each is placed by itself, so that no font can shift what follows.
fn runs(line: &str) -> Vec<(usize, usize, String)> {
    let mut runs: Vec<(usize, usize, String)> = Vec::new();
    let mut at = 0;
    for c in line.chars() {
        let wide = columns(c);
        match runs.last_mut() {
            Some((_, width, text)) if *width == wide => text.push(c),
            _ => runs.push((at, wide, c.to_string())),
        }
        at += wide;
    }
    runs
}

/// A line cut to a number of columns.
fn cut(line: &str, limit: usize) -> String {
    if line.chars().map(columns).sum::<usize>() <= limit {
        return line.to_owned();
    }
    let mut at = 0;
    let kept = line.chars().take_while(|c| {
        at += columns(*c);
        at < limit
    });
    let mut kept: String = kept.collect();
    kept.push('…');
    kept
}

/// The picture.
#[allow(clippy::cast_precision_loss, reason = "columns and lines of a screen")]
pub(crate) fn svg(title: &str, output: &str) -> String {
    let lines: Vec<String> = output.trim_end().lines().map(|l| cut(l, WIDEST)).collect();
    let widest = lines
        .iter()
        .map(|l| l.chars().map(columns).sum::<usize>())
        .max()
        .unwrap_or(0)
        .max(40);
    let (width, height) = (
        widest as f64 * COLUMN + 2.0 * MARGIN,
        lines.len() as f64 * LINE + BAR + 2.0 * MARGIN,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#fbfbf9\" stroke=\"#c9c9c2\"/>\n\
         <path d=\"M0 {BAR}H{width:.0}\" stroke=\"#dedede\"/>\n\
         <g font-family=\"ui-monospace,'DejaVu Sans Mono','Noto Sans Mono CJK SC',Menlo,Consolas,monospace\" font-size=\"14\" fill=\"#22272b\">\n\
         <text x=\"{MARGIN}\" y=\"22\" fill=\"#6b7178\">{title}</text>\n",
        title = escaped(title),
    );
    for (number, line) in (0_u32..).zip(&lines) {
        let y = BAR + MARGIN + f64::from(number) * LINE + 12.0;
        for (at, wide, text) in runs(line) {
            if text.trim().is_empty() {
                continue;
            }
            let length = (text.chars().count() * wide) as f64 * COLUMN;
            let x = MARGIN + at as f64 * COLUMN;
            // A wide glyph fills two columns only in a larger size.
            let size = if wide == 2 { " font-size=\"16\"" } else { "" };
            let text = escaped(&text);
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y:.0}\" textLength=\"{length:.1}\"{size} xml:space=\"preserve\">{text}</text>"
            );
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        let picture = svg("a <b>", "ab盐 c\n");
        assert!(picture.contains("<title>a &lt;b&gt;</title>"));
        assert!(
            picture.contains("textLength=\"16.8\" font-size=\"16\" xml:space=\"preserve\">盐<"),
            "{picture}"
        );
        assert!(picture.contains("> c<"));
        assert_eq!(
            (cut("盐盐盐", 6), cut("盐盐盐", 5)),
            ("盐盐盐".to_owned(), "盐盐…".to_owned())
        );
    }
}
