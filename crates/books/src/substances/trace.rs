//! Where a lot came from and where it went.
//!
//! A node is a lot at a site (with its substance). Goods pass from node to node in a consignment whose halves name
//! lots, and within a site from the lots that went into a batch to the lots that came out of it.

use std::collections::{BTreeMap, BTreeSet};

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
    nodes: BTreeMap<Node, u32>,
    list: Vec<Node>,
    steps: Vec<Step>,
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
    fn build(nodes: usize, ends: &[u32]) -> Adjacency {
        let mut starts = vec![0u32; nodes + 1];
        for node in ends {
            if let Some(n) = starts.get_mut(*node as usize + 1) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for s in &mut starts {
            sum += *s;
            *s = sum;
        }
        let mut fill = starts.clone();
        let mut steps = vec![0u32; ends.len()];
        for (step, node) in (0u32..).zip(ends) {
            if let Some(at) = fill.get_mut(*node as usize) {
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
        let nodes: BTreeMap<Node, u32> = list.iter().copied().zip(0u32..).collect();
        let ends = |end: fn(&Step) -> Node| -> Vec<u32> {
            steps
                .iter()
                .map(|s| nodes.get(&end(s)).copied().unwrap_or(u32::MAX))
                .collect()
        };
        let forward = Adjacency::build(list.len(), &ends(|s| s.from));
        let backward = Adjacency::build(list.len(), &ends(|s| s.to));
        Trace {
            nodes,
            list,
            steps,
            forward,
            backward,
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
        let mut batches: BTreeMap<(u32, u64), (Vec<LineNo>, Vec<LineNo>)> = BTreeMap::new();
        for (line, batch) in &self.batches {
            let Some(l) = self
                .lines
                .get(*line)
                .filter(|l| l.is_live() && l.lot() != 0)
            else {
                continue;
            };
            let Some(series) = self.series(l.series()) else {
                continue;
            };
            let (uses, outputs) = batches.entry((series.site.0, *batch)).or_default();
            match (l.kind(), l.kind().line()) {
                (Kind::Use | Kind::Sampling, _) => uses.push(*line),
                (_, BalanceLine::In) => outputs.push(*line),
                _ => {}
            }
        }
        for (uses, outputs) in batches.values() {
            for (from_line, to_line) in uses
                .iter()
                .flat_map(|u| outputs.iter().map(move |o| (*u, *o)))
            {
                if let (Some(from), Some(to)) = (self.node(from_line), self.node(to_line)) {
                    steps.push(Step {
                        from,
                        to,
                        link: Link::Process,
                        from_line,
                        to_line,
                    });
                }
            }
        }
        self.input_steps(steps);
    }

    /// Output lines that name their input lots: the lots of the same site, of whatever substance.
    fn input_steps(&self, steps: &mut Vec<Step>) {
        if self.inputs.is_empty() {
            return;
        }
        let through_batch: BTreeSet<(Node, Node)> = steps
            .iter()
            .filter(|s| s.link == Link::Process)
            .map(|s| (s.from, s.to))
            .collect();
        let mut at_site: BTreeMap<(u32, u32), BTreeMap<u32, LineNo>> = BTreeMap::new();
        for l in self.lines.iter().filter(|l| l.is_live() && l.lot() != 0) {
            if let Some(series) = self.series(l.series()) {
                let lots = at_site.entry((series.site.0, l.lot())).or_default();
                let shown = lots.entry(l.series()).or_insert(l.number());
                // The use shows the step better than what brought the lot here.
                if l.kind() == Kind::Use {
                    *shown = l.number();
                }
            }
        }
        for (to_line, lot) in &self.inputs {
            let (Some(to), Some(line)) = (self.node(*to_line), self.lines.get(*to_line)) else {
                continue;
            };
            let Some(series) = self.series(line.series()) else {
                continue;
            };
            for (from_series, from_line) in
                at_site.get(&(series.site.0, *lot)).into_iter().flatten()
            {
                let from = Node {
                    series: *from_series,
                    lot: *lot,
                };
                if from != to && !through_batch.contains(&(from, to)) {
                    steps.push(Step {
                        from,
                        to,
                        link: Link::Process,
                        from_line: *from_line,
                        to_line: *to_line,
                    });
                }
            }
        }
    }
}

impl Trace {
    /// Every node of a lot, over all sites and substances.
    pub fn nodes_of(&self, lot: u32) -> impl Iterator<Item = Node> + '_ {
        self.list.iter().copied().filter(move |n| n.lot == lot)
    }

    /// Steps reachable from a node, nearest first, each once.
    #[must_use]
    pub fn follow(&self, start: Node, direction: Direction) -> Vec<Step> {
        let Some(start) = self.nodes.get(&start).copied() else {
            return Vec::new();
        };
        let adjacency = match direction {
            Direction::Forward => &self.forward,
            Direction::Backward => &self.backward,
        };
        let mut seen = std::collections::HashSet::from([start]);
        let mut queue = std::collections::VecDeque::from([start]);
        let mut found = Vec::new();
        while let Some(node) = queue.pop_front() {
            for step in adjacency.of(node) {
                let Some(step) = self.steps.get(*step as usize) else {
                    continue;
                };
                found.push(*step);
                let next = match direction {
                    Direction::Forward => step.to,
                    Direction::Backward => step.from,
                };
                if let Some(next) = self.nodes.get(&next)
                    && seen.insert(*next)
                {
                    queue.push_back(*next);
                }
            }
        }
        found
    }
}
