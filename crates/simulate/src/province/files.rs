//! A province's files in their order of arrival: the month's lines with their faults, late ones waiting their turn.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use weighbridge_books::substances::vocabulary::Action;
use weighbridge_measure::Date;

use super::line::{Line, Slip};
use super::network::{Network, part};
use super::rates;
use super::render::{Manner, Writer};
use super::truth::{Fault, Truth};
use super::wares::WARES;
use super::world::{World, is_half};
use super::{Plan, SimFile};
use crate::draw::Draw;

/// Iterator over the files of a province.
#[derive(Clone, Debug)]
pub struct Files {
    plan: Plan,
    world: World,
    draw: Draw,
    writer: Writer,
    /// First day of the next month to live through.
    next: Date,
    months_left: u32,
    /// Files on their way: the day of arrival, a running number, the file.
    waiting: BinaryHeap<Reverse<(Date, u64, SimFileKey)>>,
    files: Vec<Option<SimFile>>,
    free: Vec<usize>,
    count: u64,
    /// Lines that firms add to their next file: repeated ones and corrections.
    next_time: Vec<Vec<Line>>,
    truth: Truth,
}

/// Place of a waiting file.
type SimFileKey = usize;

impl Files {
    pub(super) fn new(plan: &Plan) -> Files {
        let mut world = World::new(plan);
        world.open(plan.start.days());
        let firms = world.network.firms.len();
        Files {
            plan: plan.clone(),
            world,
            draw: Draw::new(part(plan, 4)),
            writer: Writer::default(),
            next: plan.start.month().first(),
            months_left: plan.months,
            waiting: BinaryHeap::new(),
            files: Vec::new(),
            free: Vec::new(),
            count: 0,
            next_time: vec![Vec::new(); firms],
            truth: Truth::default(),
        }
    }

    /// What is true of the files given so far; complete after the last one.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut truth = self.truth.clone();
        truth.plant(&self.world.network, &self.world.planted);
        truth
    }

    fn month(&mut self) {
        let first = self.next;
        self.world.month(first);
        self.next = first.month().next().first();
        self.months_left -= 1;
        for firm in 0..self.world.outbox.len() {
            let mut lines = std::mem::take(&mut self.next_time[firm]);
            let mut honest = std::mem::take(&mut self.world.outbox[firm]);
            self.slips(firm, &mut honest, &mut lines);
            honest.clear();
            self.world.outbox[firm] = honest;
            if !lines.is_empty() {
                self.write(firm, first, &lines);
            }
        }
    }

    /// The honest lines of a month with this month's mistakes, appended to `out`.
    fn slips(&mut self, firm: usize, honest: &mut Vec<Line>, out: &mut Vec<Line>) {
        if !self.plan.faults {
            out.append(honest);
            return;
        }
        let later = self.months_left > 0;
        for line in honest.iter() {
            let mut line = *line;
            // One draw decides between the faults, so that a line has one at most and most lines cost one draw.
            let drawn = self.draw.below(1_000_000) as u32;
            let mut at = 0;
            let mut hit = |rate: u32| {
                let here = (at..at + rate).contains(&drawn);
                at += rate;
                here
            };
            let half = is_half(&line);
            let salt =
                !WARES[self.world.network.accounts[line.account as usize].ware].form[0].is_empty();
            if hit(rates::MISSING_HALF) {
                if half {
                    self.truth.note(Fault::MissingHalf);
                    continue;
                }
            } else if hit(rates::REPEATED_LINE) {
                if later {
                    self.truth.note(Fault::RepeatedLine);
                    self.next_time[firm].push(line);
                }
            } else if hit(rates::DOUBLE_ENTRY) {
                self.truth.note(Fault::DoubleEntry);
                let again = Line {
                    line_id: self.world.line_id(firm),
                    ..line
                };
                out.push(again);
                if later && again.line_id > 0 && self.draw.ppm(rates::CORRECTED) {
                    self.truth.note(Fault::Deletion);
                    let line_id = self.world.line_id(firm);
                    self.next_time[firm].push(Line {
                        action: Action::Delete,
                        corrects: again.line_id,
                        line_id,
                        ..line
                    });
                }
            } else {
                let slips = [
                    (rates::GRAMS_FOR_KILOGRAMS, Slip::Grams, true),
                    (rates::LITRES_FOR_KILOGRAMS, Slip::Litres, true),
                    (rates::FORM_MISSING, Slip::Form, salt),
                    (
                        rates::DOCUMENT_TYPO,
                        Slip::Document,
                        half && line.document > 0,
                    ),
                    (rates::PARTY_TYPO, Slip::Party, half),
                    (rates::PARTY_CHECK, Slip::PartyCheck, half),
                    (rates::IDENTITY_NUMBER, Slip::Identity, true),
                ];
                let slip = slips
                    .iter()
                    .find(|(rate, ..)| hit(*rate))
                    .filter(|(.., fits)| *fits);
                if let Some((_, slip, _)) = slip {
                    self.truth.note(Fault::of(*slip));
                    self.correct(firm, &line, *slip, later);
                    line.slip = *slip;
                }
            }
            out.push(line);
        }
    }

    /// Half of the wrong lines of firms that number their lines are restated in the next file. Lines that were set
    /// aside have nothing to correct; they are sent again under a new number.
    fn correct(&mut self, firm: usize, line: &Line, slip: Slip, later: bool) {
        if !later || line.line_id == 0 || !self.draw.ppm(rates::CORRECTED) {
            return;
        }
        let booked = matches!(
            slip,
            Slip::Grams | Slip::Litres | Slip::Form | Slip::Document
        );
        let line_id = self.world.line_id(firm);
        let right = if booked {
            Line {
                action: Action::Adjust,
                corrects: line.line_id,
                line_id,
                ..*line
            }
        } else {
            Line { line_id, ..*line }
        };
        self.truth.note(Fault::Correction);
        self.next_time[firm].push(right);
    }

    fn write(&mut self, firm: usize, first: Date, lines: &[Line]) {
        let faults = self.plan.faults;
        let swapped = faults && self.draw.ppm(rates::DATES_SWAPPED);
        let late = faults && self.draw.ppm(rates::LATE_FILE);
        let twice = faults && self.draw.ppm(rates::FILE_TWICE);
        let days = if late {
            self.draw.between(10, 124)
        } else {
            self.draw.between(0, 9)
        };
        let network: &Network = &self.world.network;
        let of = &network.firms[firm];
        let bytes = self.writer.file(
            Manner {
                network,
                firm: of,
                swapped,
            },
            lines,
        );
        let (year, month) = first.month().year_month();
        let received_on = self
            .next
            .plus_days(i32::try_from(days).unwrap_or(0))
            .unwrap_or(Date::MAX);
        let stem = format!("{}-{year}-{month:02}", of.code);
        let file = SimFile {
            name: format!("{stem}.{}", of.dialect.ending()),
            holder: of.code.clone(),
            dialect: of.dialect,
            received_on,
            lines: lines.len() as u64,
            bytes,
        };
        self.truth.lines += file.lines;
        for (fault, is) in [
            (Fault::DatesSwapped, swapped),
            (Fault::LateFile, late),
            (Fault::FileTwice, twice),
        ] {
            if is {
                self.truth.note(fault);
            }
        }
        for (i, _) in lines
            .iter()
            .enumerate()
            .filter(|(_, l)| l.slip == Slip::Identity)
        {
            self.truth
                .identity_numbers
                .push((file.name.clone(), i as u32 + 2));
        }
        if twice {
            let ending = of.dialect.ending();
            let received_on = received_on.plus_days(1).unwrap_or(received_on);
            let again = SimFile {
                name: format!("{stem}-again.{ending}"),
                received_on,
                ..file.clone()
            };
            self.truth.lines += again.lines;
            self.hold(again);
        }
        self.hold(file);
    }

    fn hold(&mut self, file: SimFile) {
        self.count += 1;
        let day = file.received_on;
        let at = self.free.pop().unwrap_or_else(|| {
            self.files.push(None);
            self.files.len() - 1
        });
        self.files[at] = Some(file);
        self.waiting.push(Reverse((day, self.count, at)));
    }
}

impl Iterator for Files {
    type Item = SimFile;

    fn next(&mut self) -> Option<SimFile> {
        loop {
            // A file of the coming month arrives after that month at the earliest.
            let due = self.waiting.peek().map(|Reverse((day, ..))| *day);
            let safe = self.next.month().next().first();
            if let Some(day) = due
                && (self.months_left == 0 || day < safe)
            {
                let Reverse((_, _, at)) = self.waiting.pop()?;
                self.free.push(at);
                return self.files[at].take();
            }
            if self.months_left == 0 {
                return None;
            }
            self.month();
        }
    }
}
