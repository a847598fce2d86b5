//! The body of a movements entry: what was decided, in canonical bytes.

use weighbridge_measure::{Basis, Decimal, Factor, FormTable, Ratio, SubstanceTable, Unit};

use super::draft::{ROWS_MAX, StatedBasis};
use super::movement::Text;
use super::quarantine::{Code, Issue, SetAside};
use super::rows::{Rows, TextColumn};
use super::vocabulary::{Field, vocabulary};
use crate::codec::{Reader, Writer, pack, read_texts, unpack, write_texts};
use crate::error::Damaged;
use crate::registry::{HolderId, SiteId};

/// Number of the form described here; a reader of another form refuses it.
const FORM: u64 = 1;

vocabulary! {
    /// Something that an accepted row is questioned for; it never keeps the row out of the balance.
    Finding {
        /// The reporter's licence for this class was not in force on the date.
        #[default]
        LicenceNotInForce = "licence_not_in_force",
        /// The reporter's licences do not cover this class.
        ClassNotCovered = "class_not_covered",
        /// The reporter did not exist (any more) on the date.
        HolderNotInForce = "holder_not_in_force",
        /// The counterparty's licence for this class was not in force on the date.
        CounterpartyLicenceNotInForce = "counterparty_licence_not_in_force",
        /// The counterparty's licences do not cover this class.
        CounterpartyClassNotCovered = "counterparty_class_not_covered",
        /// The counterparty did not exist (any more) on the date.
        CounterpartyNotInForce = "counterparty_not_in_force",
    }
}

/// A party and site as written, and who that is in the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Party as written.
    pub party: String,
    /// Site as written.
    pub site: String,
    /// The holder.
    pub holder: HolderId,
    /// The site; none where the other party's site was not named.
    pub at: Option<SiteId>,
}

impl Place {
    /// The place as another party's: only a site that was named counts, because a default would make up a fact about
    /// somebody else's goods.
    #[must_use]
    pub fn as_other(&self) -> (HolderId, Option<SiteId>) {
        (self.holder, self.at.filter(|_| !self.site.is_empty()))
    }
}

/// Where in its submission an entry stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// Number of this part from 0.
    pub number: u32,
    /// Sequence number of the submission's first entry, told as the distance back from this one.
    pub back: u32,
}

/// A decided movements entry. Rows are accepted but for the positions in `duplicates`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Movements {
    /// Code of the format that the rows came in.
    pub format: String,
    /// Place in the submission.
    pub part: Part,
    /// Places that rows name.
    pub places: Vec<Place>,
    /// Bases that rows use.
    pub bases: Vec<StatedBasis>,
    /// The rows.
    pub rows: Rows,
    /// Positions in `rows` that repeat an earlier submission; kept as a question, not counted. Ascending.
    pub duplicates: Vec<u32>,
    /// (position in `rows`, finding), ascending.
    pub findings: Vec<(u32, Finding)>,
    /// Rows that are not accepted.
    pub aside: Vec<SetAside>,
    /// What is kept outside the journal for this entry, by salted hash.
    pub attachments: Vec<Attachment>,
}

/// Something that may have to be erased one day: kept encrypted in the private store, named here by its hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// Its salted hash, which is its name there.
    pub hash: [u8; 32],
}

vocabulary! {
    /// What is kept outside the journal.
    AttachmentKind {
        /// The file as it was sent.
        #[default]
        Original = "original",
        /// The remarks of its rows.
        Remarks = "remarks",
        /// What was written with a step of a query.
        Words = "words",
    }
}

impl Movements {
    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(10).number(FORM).text(&self.format);
        w.array(2)
            .number(u64::from(self.part.number))
            .number(u64::from(self.part.back));
        w.array(self.places.len());
        for p in &self.places {
            w.array(4)
                .text(&p.party)
                .text(&p.site)
                .number(u64::from(p.holder.0));
            w.number(p.at.map_or(0, |s| u64::from(s.0) + 1));
        }
        w.array(self.bases.len());
        self.bases.iter().for_each(|b| write_basis(&mut w, b));
        write_rows(&mut w, &self.rows);
        w.array(2)
            .number(self.duplicates.len() as u64)
            .bytes(&pack(self.duplicates.iter().map(|p| i64::from(*p))));
        w.array(self.findings.len());
        for (at, finding) in &self.findings {
            w.array(2).number(u64::from(*at)).number(*finding as u64);
        }
        w.array(self.aside.len());
        self.aside.iter().for_each(|a| write_aside(&mut w, a));
        w.array(self.attachments.len());
        for a in &self.attachments {
            w.array(2).number(a.kind as u64).bytes(&a.hash);
        }
        w.finish()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`Damaged`] where the bytes are not what [`Movements::encode`] writes.
    pub fn decode(body: &[u8]) -> Result<Movements, Damaged> {
        let mut r = Reader::new(body);
        if r.array()? != 10 || r.number()? != FORM {
            return Err(Damaged("form of a movements entry"));
        }
        let format = r.text()?;
        let part = match r.array()? {
            2 => Part {
                number: r.small()?,
                back: r.small()?,
            },
            _ => return Err(Damaged("part")),
        };
        let places = (0..r.array()?)
            .map(|_| read_place(&mut r))
            .collect::<Result<Vec<_>, _>>()?;
        let bases = (0..r.array()?)
            .map(|_| read_basis(&mut r))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = read_rows(&mut r, places.len(), bases.len())?;
        let mut duplicates = Vec::new();
        if r.array()? != 2 {
            return Err(Damaged("duplicates"));
        }
        let n = r.small()? as usize;
        if n > rows.len() {
            return Err(Damaged("duplicates"));
        }
        unpack(r.bytes()?, n, |at| {
            let at = u32::try_from(at).map_err(|_| Damaged("duplicates"))?;
            if at as usize >= rows.len() || duplicates.last().is_some_and(|l| *l >= at) {
                return Err(Damaged("duplicates"));
            }
            duplicates.push(at);
            Ok(())
        })?;
        let mut findings = Vec::new();
        for _ in 0..r.array()? {
            if r.array()? != 2 {
                return Err(Damaged("finding"));
            }
            let at = r.small()?;
            findings.push((
                at,
                Finding::from_number(r.tiny()?).ok_or(Damaged("finding"))?,
            ));
        }
        let aside = (0..r.array()?)
            .map(|_| read_aside(&mut r))
            .collect::<Result<Vec<_>, _>>()?;
        let attachments = (0..r.array()?)
            .map(|_| read_attachment(&mut r))
            .collect::<Result<Vec<_>, _>>()?;
        r.end()?;
        Ok(Movements {
            format,
            part,
            places,
            bases,
            rows,
            duplicates,
            findings,
            aside,
            attachments,
        })
    }
}

fn read_attachment(r: &mut Reader<'_>) -> Result<Attachment, Damaged> {
    const WRONG: Damaged = Damaged("attachment");
    if r.array()? != 2 {
        return Err(WRONG);
    }
    let kind = AttachmentKind::from_number(r.tiny()?).ok_or(WRONG)?;
    Ok(Attachment {
        kind,
        hash: r.bytes()?.try_into().map_err(|_| WRONG)?,
    })
}

fn read_place(r: &mut Reader<'_>) -> Result<Place, Damaged> {
    if r.array()? != 4 {
        return Err(Damaged("place"));
    }
    Ok(Place {
        party: r.text()?,
        site: r.text()?,
        holder: HolderId(r.small()?),
        at: r.small()?.checked_sub(1).map(SiteId),
    })
}

fn write_basis(w: &mut Writer, b: &StatedBasis) {
    let text = |d: Option<Decimal>| d.map(|d| d.to_string()).unwrap_or_default();
    w.array(9);
    w.text(SubstanceTable::shipped().get(b.basis.substance).id);
    w.text(b.basis.unit.code());
    w.text(FormTable::shipped().get(b.basis.form).id);
    w.text(&text(b.basis.concentration))
        .text(&text(b.basis.temperature))
        .text(&text(b.basis.density));
    w.text(&b.factor.to_base.to_string())
        .text(&b.factor.gross.to_string())
        .text(&b.factor.source);
}

fn read_basis(r: &mut Reader<'_>) -> Result<StatedBasis, Damaged> {
    if r.array()? != 9 {
        return Err(Damaged("basis"));
    }
    let substance = SubstanceTable::shipped()
        .by_code(r.str()?)
        .ok_or(Damaged("substance"))?;
    let unit = r.str()?;
    let unit = Unit::ALL
        .iter()
        .copied()
        .find(|u| u.code() == unit)
        .ok_or(Damaged("unit"))?;
    let form = FormTable::shipped()
        .find(substance, r.str()?)
        .ok_or(Damaged("form"))?;
    let decimal = |text: &str| match text {
        "" => Ok(None),
        text => Decimal::parse(text)
            .map(Some)
            .map_err(|_| Damaged("decimal")),
    };
    let concentration = decimal(r.str()?)?;
    let temperature = decimal(r.str()?)?;
    let density = decimal(r.str()?)?;
    let ratio = |text: &str| {
        let (num, den) = text.split_once('/').unwrap_or((text, "1"));
        let ratio = Ratio::new(num.parse().ok()?, den.parse().ok()?)?;
        (ratio.to_string() == text).then_some(ratio)
    };
    let to_base = ratio(r.str()?).ok_or(Damaged("factor"))?;
    let gross = ratio(r.str()?).ok_or(Damaged("factor"))?;
    let source = r.text()?;
    Ok(StatedBasis {
        basis: Basis {
            substance,
            unit,
            form,
            concentration,
            temperature,
            density,
        },
        factor: Factor {
            to_base,
            gross,
            source,
        },
    })
}

fn write_rows(w: &mut Writer, rows: &Rows) {
    w.array(13 + Text::COUNT).number(rows.len() as u64);
    w.bytes(&pack(rows.row.iter().map(|v| i64::from(*v))));
    w.bytes(&pack(rows.date.iter().map(|v| i64::from(*v))));
    for wide in [&rows.own, &rows.other, &rows.basis] {
        w.bytes(&pack(wide.iter().map(|v| i64::from(*v))));
    }
    w.bytes(&pack(rows.base_ug.iter().copied()));
    for narrow in rows.narrow() {
        w.bytes(&pack(narrow.iter().map(|v| i64::from(*v))));
    }
    write_texts(w, &rows.amount);
    rows.texts.iter().for_each(|t| write_texts(w, t));
}

/// Highest number + 1 of the narrow columns: action, kind, class, reason, mode, packaging.
fn narrow_limits() -> [usize; 6] {
    use super::vocabulary::{Action, Mode, Packaging, Reason};
    [
        Action::ALL.len(),
        super::kind::RULES.len(),
        weighbridge_measure::ScaleClass::ALL.len(),
        Reason::ALL.len(),
        Mode::ALL.len(),
        Packaging::ALL.len(),
    ]
}

fn read_rows(r: &mut Reader<'_>, places: usize, bases: usize) -> Result<Rows, Damaged> {
    if r.array()? != 13 + Text::COUNT {
        return Err(Damaged("rows"));
    }
    let n = r.small()? as usize;
    if n > ROWS_MAX {
        return Err(Damaged("rows: too many"));
    }
    let mut rows = Rows {
        row: read_wide(r, n, u64::from(u32::MAX) + 1)?,
        ..Rows::default()
    };
    rows.date.reserve(n);
    unpack(r.bytes()?, n, |v| {
        rows.date
            .push(u16::try_from(v).map_err(|_| Damaged("date"))?);
        Ok(())
    })?;
    rows.own = read_wide(r, n, places as u64)?;
    rows.other = read_wide(r, n, places as u64 + 1)?;
    rows.basis = read_wide(r, n, bases as u64)?;
    rows.base_ug.reserve(n);
    unpack(r.bytes()?, n, |v| {
        rows.base_ug.push(v);
        if v < 0 { Err(Damaged("mass")) } else { Ok(()) }
    })?;
    let narrow = [
        &mut rows.action,
        &mut rows.kind,
        &mut rows.class,
        &mut rows.reason,
        &mut rows.mode,
        &mut rows.packaging,
    ];
    for (column, limit) in narrow.into_iter().zip(narrow_limits()) {
        column.reserve(n);
        unpack(r.bytes()?, n, |v| {
            let v = u8::try_from(v)
                .ok()
                .filter(|v| usize::from(*v) < limit)
                .ok_or(Damaged("word"))?;
            column.push(v);
            Ok(())
        })?;
    }
    rows.amount = read_texts(r, n)?;
    let texts: Vec<TextColumn> = (0..Text::COUNT)
        .map(|_| read_texts(r, n))
        .collect::<Result<_, _>>()?;
    rows.texts = texts.try_into().map_err(|_| Damaged("texts"))?;
    Ok(rows)
}

/// A column of numbers below a limit.
fn read_wide(r: &mut Reader<'_>, n: usize, limit: u64) -> Result<Vec<u32>, Damaged> {
    let mut column = Vec::with_capacity(n);
    unpack(r.bytes()?, n, |v| {
        let v = u32::try_from(v)
            .ok()
            .filter(|v| u64::from(*v) < limit)
            .ok_or(Damaged("position"))?;
        column.push(v);
        Ok(())
    })?;
    Ok(column)
}

fn write_aside(w: &mut Writer, a: &SetAside) {
    w.array(3).number(u64::from(a.row)).array(a.issues.len());
    for i in &a.issues {
        w.array(4)
            .number(i.field as u64)
            .number(i.code as u64)
            .text(&i.found)
            .text(&i.expected);
    }
    w.array(a.cells.len());
    for (field, text) in &a.cells {
        w.array(2).number(*field as u64).text(text);
    }
}

fn read_aside(r: &mut Reader<'_>) -> Result<SetAside, Damaged> {
    const WRONG: Damaged = Damaged("row set aside");
    if r.array()? != 3 {
        return Err(WRONG);
    }
    let row = r.small()?;
    let mut issues = Vec::new();
    for _ in 0..r.array()? {
        if r.array()? != 4 {
            return Err(WRONG);
        }
        let field = Field::from_number(r.tiny()?).ok_or(WRONG)?;
        let code = Code::from_number(r.tiny()?).ok_or(WRONG)?;
        issues.push(Issue {
            row,
            field,
            code,
            found: r.text()?,
            expected: r.text()?,
        });
    }
    let mut cells = Vec::new();
    for _ in 0..r.array()? {
        if r.array()? != 2 {
            return Err(WRONG);
        }
        cells.push((Field::from_number(r.tiny()?).ok_or(WRONG)?, r.text()?));
    }
    Ok(SetAside { row, issues, cells })
}
