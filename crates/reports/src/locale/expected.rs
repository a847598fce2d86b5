//! What a cell should have held, in words. The record holds data that is the same in every language: words, a bound, a
//! list of codes, suggestions.

use weighbridge_measure::{Found, SubstanceTable};

use super::{Lang, Texts};

/// Items of a list that are all said; of a longer one only the first few, the reference has the others.
const ITEMS_MOST: usize = 9;
const ITEMS_FEW: usize = 6;

impl Texts {
    /// What was expected of a cell of a column; the data itself where it is no more than that.
    #[must_use]
    pub fn expected(&self, field: &str, data: &str) -> String {
        match data {
            "> 0" => return self.word("expected-above_zero"),
            ">= 0" => return self.word("expected-zero_or_more"),
            "1234.5" => return self.word("expected-number"),
            "0 < % <= 100" => return self.word("expected-percentage"),
            _ => {}
        }
        let words = data
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty());
        let slug = words.collect::<Vec<_>>().join("_").to_ascii_lowercase();
        // A code of the register may be any text, but none has blanks and is one of our sentences as well.
        let key = format!("expected-{slug}");
        if data.is_ascii() && self.has(&key) {
            return self.word(&key);
        }
        if let Some(most) = data.strip_prefix("<= ") {
            return self.at_most(field, most);
        }
        if let Some(least) = data.strip_prefix(">= ") {
            let key = if is_date(field) {
                "expected-earliest_day"
            } else {
                "expected-at_least"
            };
            return self.say(key, &[("least", least.into())]);
        }
        if let Some(last) = data.strip_prefix('…') {
            return self.say("expected-ends_in", &[("last", last.into())]);
        }
        if let Some((row, value)) = data.strip_prefix("row ").and_then(|d| d.split_once(": ")) {
            let args = [("row", row.into()), ("value", value.into())];
            return self.say("expected-as_in_row", &args);
        }
        let between = if data.contains("; ") { "; " } else { " | " };
        let items: Vec<String> = data
            .split(between)
            .map(|item| self.item(field, item))
            .collect();
        self.any_of(&items)
    }

    /// An upper bound: of a cell's length, a table's width, a date, an amount.
    fn at_most(&self, field: &str, most: &str) -> String {
        if let Some(n) = most.strip_suffix(" bytes") {
            return self.say("expected-bytes", &[("n", n.into())]);
        }
        if let Some(n) = most.strip_suffix(" columns") {
            return self.say("expected-columns", &[("n", n.into())]);
        }
        let key = if is_date(field) {
            "expected-latest_day"
        } else {
            "expected-at_most"
        };
        self.say(key, &[("most", most.into())])
    }

    /// One of a list: codes may be written as they are; where the language has a word for one, it stands before it.
    fn item(&self, field: &str, code: &str) -> String {
        let word = match field {
            "kind" | "mode" | "action" | "reports" => self.code(field, code),
            "substance" => match SubstanceTable::shipped().find(code) {
                Found::One(id) => self.substance(id).to_owned(),
                _ => return code.to_owned(),
            },
            _ => return code.to_owned(),
        };
        if self.lang == Lang::En || word == code {
            code.to_owned()
        } else {
            let args = [("word", word.into()), ("code", code.into())];
            self.say("expected-word_and_code", &args)
        }
    }

    /// Items with the language's commas, and its "or" before the last.
    fn any_of(&self, items: &[String]) -> String {
        if let Some(first) = items.get(..ITEMS_FEW).filter(|_| items.len() > ITEMS_MOST) {
            let rest = first.join(&self.word("list-comma"));
            let args = [
                ("rest", rest.into()),
                ("n", (items.len() - ITEMS_FEW).into()),
            ];
            return self.say("list-more", &args);
        }
        match items.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                let rest = rest.join(&self.word("list-comma"));
                let args = [("rest", rest.into()), ("last", last.into())];
                self.say("list-or", &args)
            }
            _ => items.concat(),
        }
    }
}

/// Whether a column holds dates: its bounds are days.
fn is_date(field: &str) -> bool {
    matches!(
        field,
        "date" | "reported_at" | "valid_from" | "valid_to" | "licence_from" | "licence_to"
    )
}
