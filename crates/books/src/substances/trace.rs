//! Where a lot came from and where it went.
//!
//! A node is a lot at a site (with its substance). Goods pass from node to node in a consignment whose halves name
//! lots, and within a site from the lots that went into a batch to the lots that came out of it.

use std::collections::BTreeSet;

use super::kind::{Kind, Line as BalanceLine};
use super::ledger::Ledger;
use super::line::LineNo;

/// A lot at a series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Node {
    /// Number of the series (site and substance).
    pub series: u32,
    /// Interned lot.
    pub lot: u32,
}

/// How goods passed between two nodes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Link {
    /// A consignment.
    Consignment,
    /// A process batch, or input lots named by the output.
    Process,
}

/// A step of a trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Step {
    /// Where goods were before.
    pub from: Node,
    /// Where they were after.
    pub to: Node,
    /// How.
    pub link: Link,
    /// Line at the `from` side that shows it.
    pub from_line: LineNo,
    /// Line at the `to` side that shows it.
    pub to_line: LineNo,
}

/// Which way a trace runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Direction {
    /// To where goods went.
    Forward,
    /// To where they came from.
    Backward,
}

/// The graph of lots, built once from the settled ledger.
#[derive(Clone, Default, Debug)]
pub struct Trace {
    /// Every node, ascending.
    list: Vec<Node>,
    steps: Vec<Step>,
    /// Places of each step's two nodes in the list.
    ends: Vec<(u32, u32)>,
    /// Position of the first step of each node in `forward` and `backward`, with an end mark.
    forward: Adjacency,
    backward: Adjacency,
}

#[derive(Clone, Default, Debug)]
struct Adjacency {
    starts: Vec<u32>,
    steps: Vec<u32>,
}

impl Adjacency {
    fn build(nodes: usize, ends: impl Iterator<Item = u32> + Clone) -> Adjacency {
        let mut starts = vec![0u32; nodes + 1];
        for node in ends.clone() {
            if let Some(n) = starts.get_mut(node as usize + 1) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for s in &mut starts {
            sum += *s;
            *s = sum;
        }
        let mut fill = starts.clone();
        let mut steps = vec![0u32; sum as usize];
        for (step, node) in (0u32..).zip(ends) {
            if let Some(at) = fill.get_mut(node as usize) {
                if let Some(slot) = steps.get_mut(*at as usize) {
                    *slot = step;
                }
                *at += 1;
            }
        }
        Adjacency { starts, steps }
    }

    fn of(&self, node: u32) -> &[u32] {
        let at = node as usize;
        let range = self.starts.get(at).zip(self.starts.get(at + 1));
        range
            .and_then(|(a, b)| self.steps.get(*a as usize..*b as usize))
            .unwrap_or(&[])
    }
}

impl Ledger {
    /// Builds the graph of lots. The ledger must be settled.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let mut steps = Vec::new();
        self.consignment_steps(&mut steps);
        self.process_steps(&mut steps);
        steps.sort_unstable();
        steps.dedup();
        let mut list: Vec<Node> = steps.iter().flat_map(|s| [s.from, s.to]).collect();
        list.extend(
            self.lines
                .iter()
                .filter(|l| l.is_live() && l.lot() != 0)
                .map(|l| Node {
                    series: l.series(),
                    lot: l.lot(),
                }),
        );
        list.sort_unstable();
        list.dedup();
        let place = |node: &Node| {
            let at = list.binary_search(node).unwrap_or(usize::MAX);
            u32::try_from(at).unwrap_or(u32::MAX)
        };
        let ends: Vec<(u32, u32)> = steps
            .iter()
            .map(|s| (place(&s.from), place(&s.to)))
            .collect();
        Trace {
            forward: Adjacency::build(list.len(), ends.iter().map(|e| e.0)),
            backward: Adjacency::build(list.len(), ends.iter().map(|e| e.1)),
            list,
            steps,
            ends,
        }
    }

    fn node(&self, line: LineNo) -> Option<Node> {
        let l = self.lines.get(line)?;
        (l.is_live() && l.lot() != 0).then_some(Node {
            series: l.series(),
            lot: l.lot(),
        })
    }

    fn consignment_steps(&self, steps: &mut Vec<Step>) {
        for l in self
            .lines
            .iter()
            .filter(|l| l.is_half() && l.kind() == Kind::Dispatch && l.lot() != 0)
        {
            let Some(from) = self.node(l.number()) else {
                continue;
            };
            let ring = self.lines.ring(l.number());
            let receipts: Vec<LineNo> = ring
                .into_iter()
                .filter(|m| {
                    self.lines
                        .get(*m)
                        .is_some_and(|m| m.kind() == Kind::Receipt)
                })
                .collect();
            // A receipt of the same lot is its own partner; lots are crossed only where none bears the same number.
            let same: Vec<LineNo> = receipts
                .iter()
                .copied()
                .filter(|m| self.lines.get(*m).is_some_and(|m| m.lot() == l.lot()))
                .collect();
            for receipt in if same.is_empty() { receipts } else { same } {
                if let Some(to) = self.node(receipt) {
                    let from_line = l.number();
                    steps.push(Step {
                        from,
                        to,
                        link: Link::Consignment,
                        from_line,
                        to_line: receipt,
                    });
                }
            }
        }
    }

    fn process_steps(&self, steps: &mut Vec<Step>) {
        // Batches are numbered by each site for itself.
        let lines = self.lines.iter();
        let in_batch = lines.filter(|l| l.batch() != 0 && l.lot() != 0 && l.is_live());
        let mut batches: Vec<(u32, u32, LineNo)> = in_batch
            .filter_map(|l| {
                let site = self.series(l.series())?.site;
                Some((site.0, l.batch(), l.number()))
            })
            .collect();
        batches.sort_unstable();
        for batch in batches.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let members = || {
                batch
                    .iter()
                    .filter_map(|(_, _, line)| self.lines.get(*line))
            };
            let uses = members().filter(|l| matches!(l.kind(), Kind::Use | Kind::Sampling));
            for from in uses {
                for to in members().filter(|l| l.kind().line() == BalanceLine::In) {
                    steps.extend(self.process_step(from.number(), to.number()));
                }
            }
        }
        self.input_steps(steps);
    }

    fn process_step(&self, from_line: LineNo, to_line: LineNo) -> Option<Step> {
        Some(Step {
            from: self.node(from_line)?,
            to: self.node(to_line)?,
            link: Link::Process,
            from_line,
            to_line,
        })
    }

    /// Output lines that name their input lots: the lots of the same site, of whatever substance.
    fn input_steps(&self, steps: &mut Vec<Step>) {
        if self.inputs.is_empty() {
            return;
        }
        let process = steps.iter().filter(|s| s.link == Link::Process);
        let mut through_batch: Vec<(Node, Node)> = process.map(|s| (s.from, s.to)).collect();
        through_batch.sort_unstable();
        let at_site = self.input_lots();
        for (to_line, lot) in &self.inputs {
            let Some(to) = self.node(*to_line) else {
                continue;
            };
            let Some(site) = self.series(to.series).map(|s| s.site.0) else {
                continue;
            };
            let from = at_site.partition_point(|h| (h.site, h.lot) < (site, *lot));
            let held = at_site.iter().skip(from);
            for held in held.take_while(|h| (h.site, h.lot) == (site, *lot)) {
                let step = self.process_step(held.line, *to_line);
                steps.extend(step.filter(|s| {
                    s.from != to && through_batch.binary_search(&(s.from, to)).is_err()
                }));
            }
        }
    }

    /// The lots that some line names as its input, wherever they lie, by site and lot; each once a series, with the line
    /// that shows it best.
    fn input_lots(&self) -> Vec<Held> {
        let mut named = vec![false; self.lots.len() + 1];
        for (_, lot) in &self.inputs {
            if let Some(named) = named.get_mut(*lot as usize) {
                *named = true;
            }
        }
        let is_named = |lot: u32| named.get(lot as usize) == Some(&true);
        let lines = self.lines.iter();
        let lines = lines.filter(|l| l.is_live() && l.lot() != 0 && is_named(l.lot()));
        let mut held: Vec<Held> = lines
            .filter_map(|l| {
                Some(Held {
                    site: self.series(l.series())?.site.0,
                    lot: l.lot(),
                    series: l.series(),
                    // The last use shows the step better than what brought the lot here.
                    rank: if l.kind() == Kind::Use {
                        (0, LineNo::MAX - l.number())
                    } else {
                        (1, l.number())
                    },
                    line: l.number(),
                })
            })
            .collect();
        held.sort_unstable();
        held.dedup_by_key(|h| (h.site, h.lot, h.series));
        held
    }
}

/// A lot at a site, in a series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    site: u32,
    lot: u32,
    series: u32,
    rank: (u8, LineNo),
    line: LineNo,
}

impl Trace {
    /// Every node of a lot, over all sites and substances.
    pub fn nodes_of(&self, lot: u32) -> impl Iterator<Item = Node> + '_ {
        self.list.iter().copied().filter(move |n| n.lot == lot)
    }

    /// Steps reachable from several nodes in some directions, in that order, each where it first comes.
    #[must_use]
    pub fn follow_all(&self, starts: &[Node], directions: &[Direction]) -> Vec<Step> {
        let all = directions.iter();
        let all = all.flat_map(|way| starts.iter().flat_map(|start| self.follow(*start, *way)));
        let mut seen = BTreeSet::new();
        all.filter(|step| seen.insert(*step)).collect()
    }

    /// Steps reachable from a node, nearest first, each once.
    #[must_use]
    pub fn follow(&self, start: Node, direction: Direction) -> Vec<Step> {
        let Ok(start) = self.list.binary_search(&start) else {
            return Vec::new();
        };
        let adjacency = match direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        };
        let mut seen = vec![0u64; self.list.len() / 64 + 1];
        let mut is_new = |node: u32| {
            let bit = 1 << (node % 64);
            let word = seen.get_mut(node as usize / 64);
            word.is_some_and(|word| std::mem::replace(word, *word | bit) & bit == 0)
        };
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        is_new(start);
        let mut queue = std::collections::VecDeque::from([start]);
        let mut found = Vec::new();
        while let Some(node) = queue.pop_front() {
            for at in adjacency.of(node) {
                let at = *at as usize;
                let (Some(step), Some((from, to))) = (self.steps.get(at), self.ends.get(at)) else {
                    continue;
                };
                found.push(*step);
                let next = match direction {
                    Direction::Forward => *to,
                    Direction::Backward => *from,
                };
                if is_new(next) {
                    queue.push_back(next);
                }
            }
        }
        found
    }
}
