//! A buffer of markup that cannot be injected into: only literals of this program go in as they are.

use std::fmt::Write as _;

use crate::terminal::clean;

/// Markup under construction.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    out: String,
}

impl Markup {
    /// Markup out of this program's own text; a text of a reporter has no such lifetime.
    pub(crate) fn raw(&mut self, literal: &'static str) -> &mut Self {
        self.out.push_str(literal);
        self
    }

    /// A text, escaped for content and for quoted attributes; control characters and direction marks are replaced.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        for c in clean(text).chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
        self
    }

    /// A coordinate given in tenths of a unit.
    pub(crate) fn tenths(&mut self, n: i32) -> &mut Self {
        let sign = if n < 0 { "-" } else { "" };
        let _ = write!(self.out, "{sign}{}", n.unsigned_abs() / 10);
        if n % 10 != 0 {
            let _ = write!(self.out, ".{}", n.unsigned_abs() % 10);
        }
        self
    }

    /// An element without attributes around a text. The name is a literal.
    pub(crate) fn element(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.raw("<")
            .raw(name)
            .raw(">")
            .text(text)
            .raw("</")
            .raw(name)
            .raw(">")
    }

    /// The markup.
    pub(crate) fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        let mut m = Markup::default();
        m.raw("<p title=\"")
            .text("\"><script>'&\u{0}\u{202e}")
            .raw("\">")
            .tenths(-15)
            .raw(" ")
            .tenths(40);
        assert_eq!(
            m.finish(),
            "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;��\">-1.5 4"
        );
    }
}
