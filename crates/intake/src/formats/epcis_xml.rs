//! EPCIS 1.2 and 2.0 in XML: documents, query results, bare events. Read as a stream, event by event.
//!
//! Only elements without a namespace or of an EPCIS namespace are looked at; extensions, sensor data and master data
//! are skipped. A document type definition is refused, so there are no entities but the five of XML itself.

use std::cell::Cell;
use std::io::BufRead;

use quick_xml::NsReader;
use quick_xml::events::{BytesStart, Event as Xml};
use quick_xml::name::{Namespace, ResolveResult};

use weighbridge_books::substances::vocabulary::Field;

use crate::detect::Detection;
use crate::formats::epcis::{Event, Quantity, add, finish, metered, take, text};
use crate::guard::holds_identity_number;
use crate::issue::FileIssue;
use crate::limits::{MAX_DEPTH, MAX_EVENT};
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
    let mut reader = NsReader::from_reader(metered(input, detection.encoding, &count, &since));
    let spelling = Spelling {
        mark: DecimalMark::Dot,
        ..Spelling::default()
    };
    let mut out = Out {
        parser: Parser::new(options, spelling),
        sink,
        summary: Summary::default(),
    };
    let mut state = State::default();
    let mut events = 0u32;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let position = reader.buffer_position();
        let damaged = |detail: String| FileIssue::Damaged {
            format: "epcis_xml",
            offset: position,
            detail,
        };
        let (namespace, event) = match reader.read_resolved_event_into(&mut buffer) {
            Ok(pair) => pair,
            Err(_) if since.get() > MAX_EVENT => {
                return Err(FileIssue::TooLarge { limit: MAX_EVENT });
            }
            Err(e) => return Err(damaged(e.to_string())),
        };
        match event {
            Xml::Eof if state.path.is_empty() => {
                if state.refused {
                    out.refuse(events.saturating_add(1), Field::Row);
                }
                return Ok(finish(out, events));
            }
            Xml::Eof => return Err(damaged("the document ends in the middle".to_owned())),
            Xml::DocType(_) => return Err(FileIssue::EntitiesRefused),
            Xml::Start(e) => state
                .start(&e, is_ours(&namespace))
                .map_err(|i| at(i, position))?,
            Xml::Empty(e) => {
                state
                    .start(&e, is_ours(&namespace))
                    .map_err(|i| at(i, position))?;
                events = state.end(events, options, &mut out)?;
            }
            Xml::End(_) => {
                events = state.end(events, options, &mut out)?;
                if state.event.is_none() {
                    since.set(0);
                    progress(count.get());
                }
            }
            Xml::Text(t) => state.text.push_str(&t.xml10_content()),
            Xml::CData(t) => state.text.push_str(&t.xml10_content()),
            Xml::GeneralRef(r) => {
                let c = match r.resolve_char_ref() {
                    Ok(Some(c)) => c,
                    Ok(None) => {
                        predefined(&r).ok_or_else(|| damaged(format!("unknown entity {}", &*r)))?
                    }
                    Err(e) => return Err(damaged(e.to_string())),
                };
                state.text.push(c);
            }
            Xml::Comment(_) | Xml::Decl(_) | Xml::PI(_) => {}
        }
        out.limit()?;
    }
}

fn at(issue: FileIssue, position: u64) -> FileIssue {
    match issue {
        FileIssue::Damaged { format, detail, .. } => FileIssue::Damaged {
            format,
            offset: position,
            detail,
        },
        other => other,
    }
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "apos" => '\'',
        "quot" => '"',
        _ => return None,
    })
}

fn is_ours(namespace: &ResolveResult<'_>) -> bool {
    match namespace {
        ResolveResult::Unbound => true,
        ResolveResult::Bound(Namespace(uri)) => uri.contains("epcglobal:epcis"),
        ResolveResult::Unknown(_) => false,
    }
}

const EVENTS: [&str; 6] = [
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
    "QuantityEvent",
];

/// Elements within an event whose content is not looked at.
const SKIPPED: [&str; 3] = ["ilmd", "sensorElementList", "persistentDisposition"];

/// Where the reader stands.
#[derive(Default)]
struct State {
    /// Local names of open elements within the current event; an empty one is foreign.
    path: Vec<String>,
    /// Length of the path at the event's own element.
    event: Option<(usize, Event)>,
    /// Length of the path at an element that is skipped with all it holds.
    skipped: Option<usize>,
    quantity: Quantity,
    kind: String,
    text: String,
    /// Whether the guard found an identity number since the last event.
    refused: bool,
}

impl State {
    fn start(&mut self, e: &BytesStart<'_>, ours: bool) -> Result<(), FileIssue> {
        if self.path.len() >= MAX_DEPTH {
            return Err(FileIssue::TooDeep { limit: MAX_DEPTH });
        }
        let local = e.local_name();
        let name: &str = local.as_ref();
        self.text.clear();
        self.refused |= e
            .attributes()
            .with_checks(false)
            .flatten()
            .any(|a| holds_identity_number(&a.value));
        self.path
            .push(if ours { name.to_owned() } else { String::new() });
        if self.skipped.is_some() {
            return Ok(());
        }
        let Some((_, event)) = &mut self.event else {
            if ours && EVENTS.contains(&name) {
                self.event = Some((
                    self.path.len(),
                    Event {
                        kind: name.to_owned(),
                        ..Event::default()
                    },
                ));
            }
            return Ok(());
        };
        if !ours || SKIPPED.contains(&name) {
            self.skipped = Some(self.path.len());
            return Ok(());
        }
        match name {
            "quantityElement" => self.quantity = Quantity::default(),
            "errorDeclaration" => event.error = Some(String::new()),
            "bizTransaction" | "source" | "destination" => self.kind = attribute(e, "type")?,
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, events: u32, options: &Options, out: &mut Out<'_>) -> Result<u32, FileIssue> {
        let depth = self.path.len();
        let name = self.path.pop().unwrap_or_default();
        let value = std::mem::take(&mut self.text);
        self.refused |= holds_identity_number(&value);
        if let Some(skipped) = self.skipped {
            if skipped == depth {
                self.skipped = None;
            }
            return Ok(events);
        }
        match self.event.take() {
            Some((start, event)) if start == depth => {
                let number = events.saturating_add(1);
                if std::mem::take(&mut self.refused) {
                    out.refuse(number, Field::Row);
                } else {
                    take(number, &event, options.reporter.is_some(), out);
                }
                return Ok(number);
            }
            Some((start, mut event)) => {
                let parent = self.path.last().cloned().unwrap_or_default();
                self.leaf(&name, &parent, &text(&value), &mut event)?;
                self.event = Some((start, event));
            }
            None => {}
        }
        Ok(events)
    }

    /// Takes an element's text by its name and its parent's.
    fn leaf(
        &mut self,
        name: &str,
        parent: &str,
        value: &str,
        event: &mut Event,
    ) -> Result<(), FileIssue> {
        let value = || value.to_owned();
        match (name, parent) {
            ("eventTime", _) => event.time = value(),
            ("eventTimeZoneOffset", _) => event.offset = value(),
            ("eventID", _) => event.id = value(),
            ("declarationTime", "errorDeclaration") => event.error = Some(value()),
            ("bizStep", _) => event.step = value(),
            ("id", "readPoint") => event.read_point = value(),
            ("id", "bizLocation") => event.location = value(),
            ("bizTransaction", _) => add(
                &mut event.transactions,
                (std::mem::take(&mut self.kind), value()),
            )?,
            ("source", _) => add(
                &mut event.sources,
                (std::mem::take(&mut self.kind), value()),
            )?,
            ("destination", _) => add(
                &mut event.destinations,
                (std::mem::take(&mut self.kind), value()),
            )?,
            ("epc", "epcList" | "childEPCs") => event.items += 1,
            ("epcClass", "quantityElement") => self.quantity.class = value(),
            ("quantity", "quantityElement") => self.quantity.quantity = value(),
            ("uom", "quantityElement") => self.quantity.unit = value(),
            ("quantityElement", "quantityList" | "childQuantityList") => {
                add(&mut event.quantities, std::mem::take(&mut self.quantity))?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn attribute(e: &BytesStart<'_>, name: &str) -> Result<String, FileIssue> {
    let damaged = |detail: String| FileIssue::Damaged {
        format: "epcis_xml",
        offset: 0,
        detail,
    };
    let found = e
        .try_get_attribute(name)
        .map_err(|e| damaged(e.to_string()))?;
    match found {
        Some(a) => a
            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
            .map(|v| text(&v))
            .map_err(|e| damaged(e.to_string())),
        None => Ok(String::new()),
    }
}
