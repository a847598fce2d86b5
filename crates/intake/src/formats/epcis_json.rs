//! EPCIS 2.0 in JSON-LD: documents, query results, bare events. Read as a stream, event by event.

use std::cell::Cell;
use std::fmt;
use std::io::BufRead;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use weighbridge_books::substances::vocabulary::Field;

use crate::detect::Detection;
use crate::formats::epcis::{Event, Quantity, add, finish, metered, take, text};
use crate::guard::holds_identity_number;
use crate::issue::FileIssue;
use crate::limits::MAX_EVENT;
use crate::movements::{Options, Parser, Spelling};
use crate::number::DecimalMark;
use crate::sink::Sink;
use crate::summary::Summary;
use crate::table::Out;

pub(crate) fn read(
    input: &mut dyn BufRead,
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    let (count, since) = (Cell::new(0), Cell::new(0));
    let spelling = Spelling {
        mark: DecimalMark::Dot,
        ..Spelling::default()
    };
    let out = Out {
        parser: Parser::new(options, spelling),
        sink,
        summary: Summary::default(),
    };
    let mut events = Events {
        out,
        number: 0,
        has_reporter: options.reporter.is_some(),
        issue: None,
        since: &since,
        count: &count,
        progress,
    };
    let mut json =
        serde_json::Deserializer::from_reader(metered(input, detection.encoding, &count, &since));
    let result = Node(&mut events, Place::Around)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    if let Some(issue) = events.issue.take() {
        return Err(issue);
    }
    if let Err(error) = result {
        if since.get() > MAX_EVENT {
            return Err(FileIssue::TooLarge { limit: MAX_EVENT });
        }
        let detail = error.to_string();
        if detail.contains("recursion limit") {
            return Err(FileIssue::TooDeep { limit: 128 });
        }
        return Err(FileIssue::Damaged {
            format: "epcis_json",
            offset: error.line() as u64,
            detail,
        });
    }
    let number = events.number;
    Ok(finish(events.out, number))
}

/// Whether a text anywhere in a value holds an identity number.
fn holds_number(value: &Value) -> bool {
    match value {
        Value::String(s) => holds_identity_number(s),
        Value::Array(list) => list.iter().any(holds_number),
        Value::Object(map) => map
            .iter()
            .any(|(k, v)| holds_identity_number(k) || holds_number(v)),
        Value::Number(n) => holds_identity_number(&n.to_string()),
        Value::Null | Value::Bool(_) => false,
    }
}

struct Events<'a, 'b> {
    out: Out<'a>,
    number: u32,
    has_reporter: bool,
    issue: Option<FileIssue>,
    since: &'b Cell<usize>,
    count: &'b Cell<u64>,
    progress: &'b mut dyn FnMut(u64),
}

impl Events<'_, '_> {
    /// Takes an event; an issue ends the reading and is kept for the caller.
    fn take(&mut self, value: &Map<String, Value>) -> Result<(), ()> {
        self.number = self.number.saturating_add(1);
        self.since.set(0);
        (self.progress)(self.count.get());
        if value.values().any(holds_number) {
            self.out.refuse(self.number, Field::Row);
            return Ok(());
        }
        let result = event(value)
            .map(|e| take(self.number, &e, self.has_reporter, &mut self.out))
            .and_then(|()| self.out.limit());
        result.map_err(|issue| self.issue = Some(issue))
    }
}

/// An object on the way to the events, or a bare event, or a list of events.
struct Node<'n, 'a, 'b>(&'n mut Events<'a, 'b>, Place);

/// Where an object stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Around the events: its type says whether it is one.
    Around,
    /// In a list of events: it is one, whatever its type.
    Events,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an EPCIS document or event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut rest = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let within = match key.strip_prefix("epcis:").unwrap_or(&key) {
                "epcisBody" | "queryResults" | "resultsBody" | "@graph" => Some(Place::Around),
                "eventList" => Some(Place::Events),
                _ => None,
            };
            match within {
                Some(place) => map.next_value_seed(Node(self.0, place))?,
                None => {
                    let value: Value = map.next_value()?;
                    rest.insert(key, value);
                }
            }
        }
        let kind = kind(&rest);
        // An event that stands alone may lack its type, too.
        let bare = kind.is_empty() && rest.contains_key("eventTime");
        if self.1 == Place::Events || kind.ends_with("Event") || bare {
            self.0
                .take(&rest)
                .map_err(|()| A::Error::custom("stopped"))?;
        } else if rest.values().any(holds_number) {
            let number = self.0.number.saturating_add(1);
            self.0.out.refuse(number, Field::Row);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Node(self.0, self.1))?.is_some() {}
        Ok(())
    }

    // Neither documents nor events: names of subscriptions, nulls and the like in their places.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }
}

fn kind(map: &Map<String, Value>) -> &str {
    let value = ["type", "@type", "isA"]
        .iter()
        .find_map(|key| map.get(*key));
    let kinds = value.map(each).unwrap_or_default().iter();
    let mut kinds = kinds
        .filter_map(Value::as_str)
        .map(|kind| kind.rsplit([':', '/', '#']).next().unwrap_or(kind));
    let first = kinds.clone().next().unwrap_or_default();
    kinds.find(|kind| kind.ends_with("Event")).unwrap_or(first)
}

/// The elements of a list; a value that stands alone is a list of one, as JSON-LD has it.
fn each(value: &Value) -> &[Value] {
    match value {
        Value::Array(list) => list,
        Value::Null => &[],
        alone => std::slice::from_ref(alone),
    }
}

/// The value that stands alone or in a list of one.
fn only(value: &Value) -> Option<&Value> {
    match each(value) {
        [one] => Some(one),
        _ => None,
    }
}

fn string(map: &Map<String, Value>, key: &str) -> String {
    scalar(map.get(key))
}

fn scalar(value: Option<&Value>) -> String {
    match value.and_then(only) {
        Some(Value::String(s)) => text(s),
        Some(Value::Number(n)) => n.to_string(),
        _ => String::new(),
    }
}

/// An identifier that stands alone or as `{"id": …}`.
fn id(map: &Map<String, Value>, key: &str) -> String {
    match map.get(key).and_then(only) {
        Some(Value::Object(o)) => string(o, "id"),
        other => scalar(other),
    }
}

fn list<'m>(map: &'m Map<String, Value>, key: &str) -> impl Iterator<Item = &'m Value> {
    map.get(key).map(each).unwrap_or_default().iter()
}

/// Pairs of a type and an identifier.
fn typed(
    map: &Map<String, Value>,
    key: &str,
    name: &str,
) -> Result<Vec<(String, String)>, FileIssue> {
    let mut pairs = Vec::new();
    for item in list(map, key) {
        match item {
            Value::Object(o) => add(&mut pairs, (string(o, "type"), string(o, name)))?,
            other => add(&mut pairs, (String::new(), scalar(Some(other))))?,
        }
    }
    Ok(pairs)
}

fn event(map: &Map<String, Value>) -> Result<Event, FileIssue> {
    let mut quantities = Vec::new();
    for item in list(map, "quantityList").chain(list(map, "childQuantityList")) {
        if let Value::Object(o) = item {
            let quantity = Quantity {
                class: string(o, "epcClass"),
                quantity: string(o, "quantity"),
                unit: string(o, "uom"),
            };
            add(&mut quantities, quantity)?;
        }
    }
    let items = list(map, "epcList").chain(list(map, "childEPCs")).count();
    Ok(Event {
        kind: kind(map).to_owned(),
        id: string(map, "eventID"),
        time: string(map, "eventTime"),
        offset: string(map, "eventTimeZoneOffset"),
        step: string(map, "bizStep"),
        read_point: id(map, "readPoint"),
        location: id(map, "bizLocation"),
        transactions: typed(map, "bizTransactionList", "bizTransaction")?,
        sources: typed(map, "sourceList", "source")?,
        destinations: typed(map, "destinationList", "destination")?,
        quantities,
        items: items as u64,
        // Whatever stands there declares the event wrong; of several declarations the first says when.
        error: list(map, "errorDeclaration").next().map(|e| {
            e.as_object()
                .map_or_else(String::new, |e| string(e, "declarationTime"))
        }),
    })
}
