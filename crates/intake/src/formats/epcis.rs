//! GS1 EPCIS events to half-records: what XML and JSON-LD share.
//!
//! A shipping event is a dispatch, a receiving event a receipt, one half for each quantity element. An error
//! declaration deletes the halves of the event that it names. Every other event is counted by type and business step.
//! Events that name single items without a quantity are set aside: items are not a mass.

use std::cell::Cell;
use std::io::{BufRead, Read};

use weighbridge_books::substances::event::line_id;
use weighbridge_books::substances::quarantine::{Code, Issue};
use weighbridge_books::substances::vocabulary::{Action, Field};
use weighbridge_measure::Timestamp;

use crate::issue::FileIssue;
use crate::limits::{MAX_EVENT, MAX_PER_EVENT};
use crate::row::RawRow;
use crate::summary::Summary;
use crate::table::Out;
use crate::text::fold;

/// One event, with what an account needs of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Event {
    /// `ObjectEvent` and so on.
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) time: String,
    pub(crate) offset: String,
    pub(crate) step: String,
    pub(crate) read_point: String,
    pub(crate) location: String,
    /// Type and identifier.
    pub(crate) transactions: Vec<(String, String)>,
    pub(crate) sources: Vec<(String, String)>,
    pub(crate) destinations: Vec<(String, String)>,
    pub(crate) quantities: Vec<Quantity>,
    /// Number of single items named.
    pub(crate) items: u64,
    /// Whether the event declares an earlier one wrong, and when.
    pub(crate) error: Option<String>,
}

/// A quantity element.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Quantity {
    pub(crate) class: String,
    pub(crate) quantity: String,
    pub(crate) unit: String,
}

/// A term of the core business vocabulary as a bare word, from its URN, URI, short or bare spelling.
pub(crate) fn term(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("urn:epcglobal:cbv:") {
        return rest.rsplit(':').next().unwrap_or(rest);
    }
    let own = text.strip_prefix("cbv:").or_else(|| {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        rest.strip_prefix("ref.gs1.org/cbv/")
            .or_else(|| rest.strip_prefix("ns.gs1.org/cbv/"))
    });
    own.map_or(text, |word| {
        word.split_once('-').map_or(word, |(_, word)| word)
    })
}

/// Takes one event; `number` counts from 1.
pub(crate) fn take(number: u32, event: &Event, has_reporter: bool, out: &mut Out<'_>) {
    let step = term(&event.step);
    let carries = matches!(
        event.kind.as_str(),
        "ObjectEvent" | "AggregationEvent" | "TransactionEvent"
    );
    let sends = step == "shipping";
    if !carries || !(sends || step == "receiving") {
        let step = if step.is_empty() { "-" } else { step };
        let error = if event.error.is_some() {
            " (error declaration)"
        } else {
            ""
        };
        out.summary.rows_read += 1;
        Summary::count(
            &mut out.summary.not_movements,
            &format!("{} {step}{error}", event.kind),
        );
        return;
    }
    let date = civil_date(&event.time, &event.offset);
    let (own, other) = if sends {
        (&event.sources, &event.destinations)
    } else {
        (&event.destinations, &event.sources)
    };
    let place = if event.location.is_empty() {
        &event.read_point
    } else {
        &event.location
    };
    let own_place = of_type(own, &["location"]).unwrap_or(place);
    let own_party = of_type(own, &["owning_party", "possessing_party"]);
    let mut raw = RawRow::new(number);
    // Without a party of its own the event speaks for the caller's reporter, or else for the place.
    let reporter = own_party.unwrap_or(if has_reporter { "" } else { own_place });
    raw.set(Field::Reporter, reporter);
    raw.set(
        Field::Site,
        if reporter == own_place { "" } else { own_place },
    );
    let other_place = of_type(other, &["location"]).unwrap_or_default();
    let other_party = of_type(other, &["owning_party", "possessing_party"]).unwrap_or(other_place);
    raw.set(Field::Counterparty, other_party);
    raw.set(
        Field::CounterpartySite,
        if other_party == other_place {
            ""
        } else {
            other_place
        },
    );
    raw.set(Field::Kind, if sends { "dispatch" } else { "receipt" });
    raw.set(Field::Date, &date);
    raw.set(
        Field::Document,
        of_type(&event.transactions, &["desadv", "inv", "po"]).unwrap_or_default(),
    );
    let declared = event.error.as_ref().map(|t| {
        t.parse::<Timestamp>()
            .map_or_else(|_| t.clone(), |t| t.to_string())
    });
    if let Some(declared) = &declared {
        raw.set(Field::Action, Action::Delete.code());
        raw.set(Field::ReportedAt, declared);
    }
    if event.quantities.is_empty() {
        items_only(&raw, event, out);
        return;
    }
    for (n, quantity) in event.quantities.iter().enumerate() {
        let line = line_id(&event.id, n + 1);
        half(raw, &line, quantity, event.error.is_some(), out);
    }
    if event.items > 0 {
        out.summary.note("epcis_items_beside_quantities", "");
    }
}

fn half<'a>(
    mut raw: RawRow<'a>,
    line: &'a str,
    quantity: &'a Quantity,
    error: bool,
    out: &mut Out<'_>,
) {
    let (substance, lot) = class(&quantity.class);
    raw.set(
        if error {
            Field::Corrects
        } else {
            Field::LineId
        },
        line,
    );
    raw.set(Field::Substance, substance);
    raw.set(Field::Lot, lot);
    raw.set(Field::Amount, &quantity.quantity);
    raw.set(
        Field::Unit,
        if quantity.unit.is_empty() {
            "each"
        } else {
            &quantity.unit
        },
    );
    out.row(&raw);
}

/// A movement of items: there is nothing to weigh, and nothing to take back if it was declared wrong.
fn items_only(raw: &RawRow<'_>, event: &Event, out: &mut Out<'_>) {
    out.summary.rows_read += 1;
    if event.error.is_some() {
        Summary::count(
            &mut out.summary.not_movements,
            &format!("{} of items (error declaration)", event.kind),
        );
        return;
    }
    if let Some((field, _)) = raw
        .cells()
        .find(|(_, text)| crate::guard::holds_identity_number(text))
    {
        out.summary.rows_read -= 1;
        return out.refuse(raw.row, field);
    }
    out.summary.set_aside += 1;
    let found = format!("{} items", event.items);
    out.sink.set_aside(raw.aside(vec![Issue::new(
        raw.row,
        Field::Amount,
        Code::UnitNotMass,
        &found,
        "quantity with unit",
    )]));
}

fn of_type<'e>(list: &'e [(String, String)], types: &[&str]) -> Option<&'e str> {
    types
        .iter()
        .find_map(|t| list.iter().find(|(kind, _)| term(kind) == *t))
        .map(|(_, id)| id.as_str())
}

/// Substance and lot of an EPC class: a CAS number in an identifier, the lot of an LGTIN or a digital link.
fn class(class: &str) -> (&str, &str) {
    if let Some(lgtin) = class.strip_prefix("urn:epc:class:lgtin:") {
        let lot = lgtin.splitn(3, '.').nth(2).unwrap_or_default();
        return (class, lot);
    }
    let lot = class.split_once("/10/").map_or("", |(_, rest)| {
        rest.split(['/', '?']).next().unwrap_or(rest)
    });
    let cas = class.strip_prefix("urn:cas:").or_else(|| {
        class
            .split_once("/cas/")
            .or_else(|| class.split_once("/cas:"))
            .map(|(_, cas)| cas)
    });
    (cas.unwrap_or(class), lot)
}

/// The date at the site: the instant in the event's own offset. Texts that are no instant stay as they are.
fn civil_date(time: &str, offset: &str) -> String {
    let Ok(instant) = time.parse::<Timestamp>() else {
        return time.to_owned();
    };
    let Some(minutes) = offset_minutes(offset) else {
        return time.get(..10).unwrap_or(time).to_owned();
    };
    let local = instant
        .micros()
        .checked_add(minutes * 60_000_000)
        .map(Timestamp::from_micros);
    match local.and_then(Timestamp::date) {
        Some(date) => date.to_string(),
        None => time.to_owned(),
    }
}

fn offset_minutes(offset: &str) -> Option<i64> {
    let (sign, rest) = match offset.as_bytes() {
        [b'+', ..] => (1, offset.get(1..)?),
        [b'-', ..] => (-1, offset.get(1..)?),
        [b'Z'] => return Some(0),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..=14).contains(&hours) && (0..60).contains(&minutes))
        .then_some(sign * (hours * 60 + minutes))
}

/// Appends to a list of an event, up to a limit; what is beyond it makes the event unreadable.
pub(crate) fn add<T>(list: &mut Vec<T>, item: T) -> Result<(), FileIssue> {
    if list.len() >= MAX_PER_EVENT {
        return Err(FileIssue::TooLarge {
            limit: MAX_PER_EVENT,
        });
    }
    list.push(item);
    Ok(())
}

/// A text of an event: folded, and short enough to be looked at.
pub(crate) fn text(value: &str) -> String {
    fold(value).into_owned()
}

/// Fails when more than [`MAX_EVENT`] bytes are read without an event in between.
pub(crate) struct Metered<'a, R> {
    pub(crate) inner: R,
    pub(crate) since: &'a Cell<usize>,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.since.get() > MAX_EVENT {
            return Err(std::io::Error::other("an event is too large"));
        }
        let n = self.inner.read(out)?;
        self.since.set(self.since.get().saturating_add(n));
        Ok(n)
    }
}

/// A buffered UTF-8 stream over the input that meters events.
pub(crate) fn metered<'a>(
    input: &'a mut dyn BufRead,
    encoding: crate::encoding::Encoding,
    count: &'a Cell<u64>,
    since: &'a Cell<usize>,
) -> std::io::BufReader<Metered<'a, crate::encoding::Utf8Stream<'a>>> {
    let stream = crate::encoding::Utf8Stream::new(input, encoding, count);
    std::io::BufReader::with_capacity(
        64 * 1024,
        Metered {
            inner: stream,
            since,
        },
    )
}

/// Ends a document; one without any event is no error, but said.
pub(crate) fn finish(mut out: Out<'_>, events: u32) -> Summary {
    if events == 0 {
        out.summary.note("no_events", "");
    }
    out.parser.finish(&mut out.summary);
    out.summary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms() {
        for text in [
            "urn:epcglobal:cbv:bizstep:shipping",
            "https://ref.gs1.org/cbv/BizStep-shipping",
            "cbv:BizStep-shipping",
            "shipping",
        ] {
            assert_eq!(term(text), "shipping");
        }
        assert_eq!(term("urn:epcglobal:cbv:sdt:owning_party"), "owning_party");
        assert_eq!(
            term("https://ref.gs1.org/cbv/BizStep-void_shipping"),
            "void_shipping"
        );
        assert_eq!(
            term("https://example.com/bizStep/shipping"),
            "https://example.com/bizStep/shipping"
        );
    }

    #[test]
    fn dates_are_those_of_the_site() {
        assert_eq!(
            civil_date("2005-04-05T02:33:31.116Z", "-06:00"),
            "2005-04-04"
        );
        assert_eq!(
            civil_date("2005-04-05T02:33:31.116Z", "+08:00"),
            "2005-04-05"
        );
        assert_eq!(civil_date("2005-04-05T23:33:31+08:00", ""), "2005-04-05");
        assert_eq!(civil_date("nonsense", "+08:00"), "nonsense");
    }

    #[test]
    fn classes() {
        assert_eq!(
            class("urn:epc:class:lgtin:4012345.012345.998877").1,
            "998877"
        );
        assert_eq!(
            class("https://id.gs1.org/01/04012345123456/10/L1?x"),
            ("https://id.gs1.org/01/04012345123456/10/L1?x", "L1")
        );
        assert_eq!(
            class("https://identifiers.org/cas/67-64-1"),
            ("67-64-1", "")
        );
    }
}
