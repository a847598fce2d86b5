//! What can happen to the register.

use weighbridge_measure::Date;

use super::holder_row::HolderRow;
use super::instrument::{InstrumentRow, Measures};
use crate::codec::{Reader, Writer};
use crate::error::Damaged;

/// A change of the register; an entry carries a list of them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "almost every event of a list is a holder's row"
)]
pub enum Event {
    /// A row of a holders file.
    Holder(HolderRow),
    /// A party seen in the lines of an account that learns its holders.
    Learnt {
        /// Code as first written.
        code: String,
        /// Name where the format brings one.
        name: String,
    },
    /// A site seen in the lines of an account that learns its holders.
    LearntSite {
        /// Holder's code.
        holder: String,
        /// Site code; the holder's own code for its main site.
        site: String,
    },
    /// A merger or a split.
    Succession(Succession),
    /// A holder that may report for another.
    Agent {
        /// Code of who reports.
        agent: String,
        /// Code of whom it reports for.
        holder: String,
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
    /// A calibration of an instrument.
    Instrument(InstrumentRow),
}

/// From a day on, `to` answers for `from`: wholly (a merger) or for one site (a split, a sale).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Succession {
    /// Holder that gives up.
    pub from: String,
    /// Holder that takes over.
    pub to: String,
    /// First day.
    pub on: Date,
    /// The site that changes hands; none = everything.
    pub site: Option<String>,
}

/// Rows in a holders submission.
pub const EVENTS_MAX: usize = 1 << 20;

/// The body of a registry entry.
pub fn encode(events: &[Event]) -> Vec<u8> {
    let mut w = Writer::new();
    w.array(events.len());
    for event in events {
        match event {
            Event::Holder(row) => holder(&mut w, row),
            Event::Learnt { code, name } => {
                w.array(3).number(1).text(code).text(name);
            }
            Event::LearntSite { holder, site } => {
                w.array(3).number(2).text(holder).text(site);
            }
            Event::Succession(s) => {
                w.array(5)
                    .number(3)
                    .text(&s.from)
                    .text(&s.to)
                    .number(u64::from(s.on.days()));
                w.text(s.site.as_deref().unwrap_or(""));
            }
            Event::Instrument(row) => instrument(&mut w, row),
            Event::Agent {
                agent,
                holder,
                from,
                to,
            } => {
                w.array(5).number(4).text(agent).text(holder);
                w.number(u64::from(from.days()))
                    .number(u64::from(to.days()));
            }
        }
    }
    w.finish()
}

fn instrument(w: &mut Writer, r: &InstrumentRow) {
    w.array(11).number(5).number(u64::from(r.row));
    for text in [&r.holder, &r.site, &r.substance] {
        w.text(text);
    }
    w.number(r.measures as u64).text(&r.code);
    w.number(u64::from(r.random_ppm))
        .number(u64::from(r.systematic_ppm))
        .number(r.step_ug)
        .number(u64::from(r.calibrated_on.days()));
}

fn read_instrument(r: &mut Reader<'_>) -> Result<InstrumentRow, Damaged> {
    Ok(InstrumentRow {
        row: r.small()?,
        holder: r.text()?,
        site: r.text()?,
        substance: r.text()?,
        measures: Measures::from_number(r.tiny()?).ok_or(Damaged("what is measured"))?,
        code: r.text()?,
        random_ppm: r.small()?,
        systematic_ppm: r.small()?,
        step_ug: r.number()?,
        calibrated_on: r.date()?,
    })
}

fn holder(w: &mut Writer, r: &HolderRow) {
    use super::holder_row::Reports;
    w.array(18).number(0).number(u64::from(r.row));
    for text in [&r.code, &r.name, &r.name_en, &r.uscc, &r.dea, &r.licence] {
        w.text(text);
    }
    w.bytes(&r.licence_classes);
    for day in [r.licence_from, r.licence_to] {
        w.optional_date(day);
    }
    for text in [&r.site, &r.site_name, &r.area, &r.authority] {
        w.text(text);
    }
    for day in [r.valid_from, r.valid_to] {
        w.optional_date(day);
    }
    w.number(match r.reports {
        Reports::Yes => 1,
        Reports::No => 0,
    });
}

/// Reads the body of a registry entry.
///
/// # Errors
/// [`Damaged`] where the bytes are not what [`encode`] writes.
pub fn decode(body: &[u8]) -> Result<Vec<Event>, Damaged> {
    let mut r = Reader::new(body);
    let n = r.array()?;
    let mut events = Vec::new();
    for _ in 0..n {
        let len = r.array()?;
        let event = match (r.number()?, len) {
            (0, 18) => Event::Holder(read_holder(&mut r)?),
            (1, 3) => Event::Learnt {
                code: r.text()?,
                name: r.text()?,
            },
            (2, 3) => Event::LearntSite {
                holder: r.text()?,
                site: r.text()?,
            },
            (3, 5) => {
                let (from, to, on, site) = (r.text()?, r.text()?, r.date()?, r.text()?);
                Event::Succession(Succession {
                    from,
                    to,
                    on,
                    site: (!site.is_empty()).then_some(site),
                })
            }
            (4, 5) => Event::Agent {
                agent: r.text()?,
                holder: r.text()?,
                from: r.date()?,
                to: r.date()?,
            },
            (5, 11) => Event::Instrument(read_instrument(&mut r)?),
            _ => return Err(Damaged("registry event")),
        };
        events.push(event);
    }
    r.end()?;
    Ok(events)
}

fn read_holder(r: &mut Reader<'_>) -> Result<HolderRow, Damaged> {
    use super::holder_row::Reports;
    Ok(HolderRow {
        row: r.small()?,
        code: r.text()?,
        name: r.text()?,
        name_en: r.text()?,
        uscc: r.text()?,
        dea: r.text()?,
        licence: r.text()?,
        licence_classes: r.bytes()?.to_vec(),
        licence_from: r.optional_date()?,
        licence_to: r.optional_date()?,
        site: r.text()?,
        site_name: r.text()?,
        area: r.text()?,
        authority: r.text()?,
        valid_from: r.optional_date()?,
        valid_to: r.optional_date()?,
        reports: match r.number()? {
            1 => Reports::Yes,
            0 => Reports::No,
            _ => return Err(Damaged("reports flag")),
        },
    })
}
