//! Verification: re-reads every entry, re-hashes the stored bytes, and trusts no index.
//!
//! The tree is built anew from the header bytes and every body is hashed; tiles, submission keys, secrets, counts, the head
//! and the checkpoints are compared with that. Private values, which no header names, have checksums of their own. What disagrees is a [`Fault`] at a [`Place`]; the report's first fault is the
//! first wrong entry when an entry is wrong. Where a header and its tile disagree, a signed checkpoint over the re-hashed
//! entries tells which of them was changed. Nothing that is stored can make this panic. A writer may append meanwhile: what
//! was there at the start is verified in full.

mod detail;
mod fault;

use crate::checkpoint::Checkpoint;
use crate::header::Header;
use crate::journal::{META_ORIGIN, META_VKEY};
use crate::keys::Verifier;
use crate::merkle::{Hash, leaf_hash};
use crate::rows::salt_of;
use crate::store::{Counts, Head, Raw, Store, StoreError};
use crate::tiles::{self, Edge, Tile, TileId, hashes};
use std::ops::ControlFlow;

pub use detail::Detail;
pub use fault::{Fault, FaultKind, Place};

/// Most faults that are listed; beyond, a journal is to be restored, not mended.
pub const MAX_FAULTS: usize = 100;
/// Entries between two calls of the progress function.
const PROGRESS_EVERY: u64 = 64;

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// Bytes of headers and bodies hashed.
    pub bytes: u64,
    /// Tiles compared.
    pub tiles: u64,
    /// Checkpoints whose signature and root hold.
    pub checkpoints: u64,
    /// Entries that a signed checkpoint covers.
    pub signed: u64,
    /// Private values that have their checksum.
    pub private: u64,
    /// Root of the tree over the entries as they are.
    pub root: Hash,
    /// What is wrong: entries first, in order; at most [`MAX_FAULTS`].
    pub faults: Vec<Fault>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.faults.is_empty()
    }

    /// The first thing that is wrong: the first wrong entry when an entry is wrong.
    #[must_use]
    pub fn first(&self) -> Option<&Fault> {
        self.faults.first()
    }
}

/// Verifies a whole journal against its public key. `progress` is told the entries done and the entries expected, now and
/// then and at the end. Reads only, and never fails: what cannot be read is a fault.
pub fn verify<S: Store + ?Sized>(
    store: &S,
    verifier: &Verifier,
    progress: &mut dyn FnMut(u64, u64),
) -> Report {
    let mut check = Check::new(store);
    check.load_checkpoints(verifier);
    check.start = check.head();
    let total = check.start.as_ref().map_or(0, |head| head.size);
    check.meet();
    let read = store.read_raw(0, &mut |raw| {
        if raw.seq % PROGRESS_EVERY == 0 {
            progress(raw.seq, total);
        }
        check.entry(raw)
    });
    if let Err(error) = read {
        let place = Place::Entry(check.edge.size());
        check.unreadable(place, &error);
    }
    check.finish();
    check.private(verifier);
    if let Err(error) = store.self_check() {
        check.fault(
            Place::Store,
            FaultKind::StructureDamaged,
            Detail::Store(error),
        );
    }
    progress(check.edge.size(), total);
    check.report()
}

struct Check<'a, S: ?Sized> {
    store: &'a S,
    edge: Edge,
    last_time: Option<i64>,
    /// The stored head at the start, and the entries' own at that size.
    start: Option<Head>,
    start_own: Option<Head>,
    bytes: u64,
    tiles: u64,
    private: u64,
    /// Signed size and root, smallest last.
    checkpoints: Vec<(u64, Hash)>,
    checkpoints_hold: u64,
    /// Entries up to which the re-hashed tree is one that was signed.
    signed: u64,
    /// Leaves whose header and tile disagree.
    suspects: Vec<u64>,
    /// Tiles that begin rightly and go on.
    wider: Vec<TileId>,
    /// Other tiles that are not those of the entries.
    wrong_tiles: Vec<(TileId, Detail)>,
    wrong_roots: Vec<(u64, u64)>,
    faults: Vec<Fault>,
}

impl<'a, S: Store + ?Sized> Check<'a, S> {
    fn new(store: &'a S) -> Self {
        Self {
            store,
            edge: Edge::default(),
            last_time: None,
            start: None,
            start_own: None,
            bytes: 0,
            tiles: 0,
            private: 0,
            checkpoints: Vec::new(),
            checkpoints_hold: 0,
            signed: 0,
            suspects: Vec::new(),
            wider: Vec::new(),
            wrong_tiles: Vec::new(),
            wrong_roots: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, place: Place, kind: FaultKind, detail: Detail) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault {
                place,
                kind,
                detail,
            });
        }
    }

    fn unreadable(&mut self, place: Place, error: &StoreError) {
        self.fault(place, FaultKind::Unreadable, Detail::Store(error.clone()));
    }

    fn load_checkpoints(&mut self, verifier: &Verifier) {
        let stored = match self.store.checkpoints() {
            Ok(stored) => stored,
            Err(error) => return self.unreadable(Place::Store, &error),
        };
        for stored in stored.iter().rev() {
            let place = Place::Checkpoint(stored.size);
            match Checkpoint::verify(&stored.note, verifier) {
                Ok(signed) if signed.size == stored.size => {
                    self.checkpoints.push((signed.size, signed.root));
                }
                Ok(signed) => {
                    let detail = Detail::OtherSize { size: signed.size };
                    self.fault(place, FaultKind::CheckpointInvalid, detail);
                }
                Err(error) => {
                    let detail = Detail::Checkpoint(error);
                    self.fault(place, FaultKind::CheckpointInvalid, detail);
                }
            }
        }
    }

    fn head(&mut self) -> Option<Head> {
        match self.store.head() {
            Ok(head) => Some(head),
            Err(error) => {
                self.unreadable(Place::Store, &error);
                None
            }
        }
    }

    /// Compares the checkpoints of the size reached, and keeps the head at the size of the stored one.
    fn meet(&mut self) {
        let size = self.edge.size();
        while let Some((at, root)) = self.checkpoints.pop_if(|(at, _)| *at == size) {
            if root == self.edge.root() {
                self.checkpoints_hold += 1;
                self.signed = at;
            } else {
                self.wrong_roots.push((at, self.signed));
            }
        }
        if self.start.as_ref().is_some_and(|head| head.size == size) {
            self.start_own = Some(Head {
                size,
                root: self.edge.root(),
                last_recorded_at_us: self.last_time,
            });
        }
    }

    fn entry(&mut self, raw: Raw<'_>) -> ControlFlow<()> {
        let seq = self.edge.size();
        let place = Place::Entry(seq);
        if raw.seq != seq {
            let detail = Detail::Follows { seq: raw.seq };
            self.fault(place, FaultKind::EntryMissing, detail);
            return ControlFlow::Break(());
        }
        self.bytes += raw.header.len() as u64 + raw.body.len() as u64;
        match Header::decode(raw.header) {
            Ok(header) => self.header(seq, &header, raw.body),
            Err(error) => self.fault(place, FaultKind::HeaderDamaged, Detail::Header(error)),
        }
        let mut full = Vec::new();
        self.edge
            .push(leaf_hash(raw.header), &mut |tile| full.push(tile));
        full.iter().for_each(|tile| self.tile(tile));
        self.meet();
        if self.faults.len() < MAX_FAULTS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }

    fn header(&mut self, seq: u64, header: &Header, body: &[u8]) {
        let place = || Place::Entry(seq);
        if header.body_len != body.len() as u64 {
            let (found, expected) = (body.len() as u64, header.body_len);
            let detail = Detail::Length { found, expected };
            self.fault(place(), FaultKind::BodyChanged, detail);
        } else if crate::sha256(body) != header.body_hash {
            self.fault(place(), FaultKind::BodyChanged, Detail::BodyHash);
        }
        let at = header.recorded_at_us;
        if self.last_time.is_some_and(|last| at <= last) {
            self.fault(place(), FaultKind::TimeOrder, Detail::NotAfter);
        }
        self.last_time = Some(at);
        match self.store.find(&header.organisation, &header.key) {
            Ok(Some(found)) if found.seq == seq && found.body_hash == header.body_hash => {}
            Ok(Some(found)) => {
                let detail = Detail::KeyElsewhere { seq: found.seq };
                self.fault(place(), FaultKind::KeyWrong, detail);
            }
            Ok(None) => self.fault(place(), FaultKind::KeyWrong, Detail::KeyAbsent),
            Err(error) => self.unreadable(place(), &error),
        }
        match self.store.secret(seq) {
            // Destroying a secret is allowed.
            Ok(None) => {}
            Ok(Some(secret)) if salt_of(&secret) == header.salt => {}
            Ok(Some(_)) => self.fault(place(), FaultKind::SecretChanged, Detail::NotBehindSalt),
            Err(error) => self.unreadable(place(), &error),
        }
    }

    /// Compares a tile with the stored one, which may be wider when a writer has gone on.
    fn tile(&mut self, tile: &Tile) {
        let id = tile.id;
        let place = Place::Tile {
            level: id.level,
            index: id.index,
        };
        self.tiles += 1;
        let stored = match self.store.tile(id.level, id.index) {
            Ok(Some(stored)) => stored,
            Ok(None) => return self.wrong_tiles.push((id, Detail::Missing)),
            Err(error) => return self.unreadable(place, &error),
        };
        if stored == tile.data {
            return;
        }
        if stored.starts_with(&tile.data) {
            return self.wider.push(id);
        }
        let differing = (hashes(&stored).zip(hashes(&tile.data)))
            .zip(0_u64..)
            .filter(|((stored, own), _)| stored != own)
            .map(|(_, place)| id.index * tiles::WIDTH as u64 + place);
        if id.level == 0 && stored.len() == tile.data.len() {
            self.suspects.extend(differing);
        } else {
            self.wrong_tiles.push((id, Detail::TileHashes));
        }
    }

    fn finish(&mut self) {
        let size = self.edge.size();
        let total = self.start.as_ref().map_or(0, |head| head.size);
        if size < total && self.faults.len() < MAX_FAULTS {
            let detail = Detail::Ends { entries: total };
            self.fault(Place::Entry(size), FaultKind::EntryMissing, detail);
        }
        let partial: Vec<Tile> = self.edge.partial().collect();
        partial.iter().for_each(|tile| self.tile(tile));
        let counts = self.store.counts();
        // Last: when the head stands now as at the start, nothing moved in between.
        let moved = self.head() != self.start;
        for id in std::mem::take(&mut self.wider) {
            if !moved {
                self.wrong_tiles.push((id, Detail::TileWide));
            }
        }
        for (at, _) in std::mem::take(&mut self.checkpoints) {
            let detail = Detail::Covers { entries: size };
            self.fault(Place::Checkpoint(at), FaultKind::CheckpointRoot, detail);
        }
        self.judge_tiles();
        self.judge_roots();
        // An entry that is wrong makes head and counts wrong as well: it is named once.
        if self.faults.is_empty() && (self.start != self.start_own || !moved && size != total) {
            self.fault(Place::Store, FaultKind::HeadWrong, Detail::Head);
        }
        let expected = Counts {
            entries: size,
            keys: size,
            tiles: tiles::count(size),
        };
        match counts {
            Ok(counts) if counts == expected || moved || !self.faults.is_empty() => {}
            Ok(counts) => {
                let found = counts;
                let detail = Detail::Counts { found, expected };
                self.fault(Place::Store, FaultKind::CountWrong, detail);
            }
            Err(error) => self.unreadable(Place::Store, &error),
        }
    }

    /// Private values have their checksums, and what the journal keeps for its own name and key is that of the key given.
    fn private(&mut self, verifier: &Verifier) {
        let listed = match self.store.meta_list() {
            Ok(listed) => listed,
            Err(error) => return self.unreadable(Place::Store, &error),
        };
        for value in listed {
            if value.sound {
                self.private += 1;
            } else {
                let place = Place::Private(value.name);
                self.fault(place, FaultKind::PrivateChanged, Detail::Checksum);
            }
        }
        let own = [
            (META_ORIGIN, verifier.name().to_owned()),
            (META_VKEY, verifier.to_string()),
        ];
        for (name, expected) in own {
            let place = Place::Private(name.to_owned());
            match self.store.meta_get(name) {
                Ok(Some(found)) if found == expected => {}
                Ok(Some(found)) => {
                    self.fault(place, FaultKind::KeyOther, Detail::Value { found });
                }
                Ok(None) => self.fault(place, FaultKind::PrivateChanged, Detail::Missing),
                // Named above.
                Err(StoreError::Damaged { .. }) => {}
                Err(error) => self.unreadable(place, &error),
            }
        }
    }

    /// Header or tile: under a checkpoint that the re-hashed entries lead to, the tile is the one that was changed.
    fn judge_tiles(&mut self) {
        let mut headers_differ = false;
        for seq in std::mem::take(&mut self.suspects) {
            if seq < self.signed {
                let index = seq / tiles::WIDTH as u64;
                let place = Place::Tile { level: 0, index };
                let detail = Detail::TileLeaf { seq };
                self.fault(place, FaultKind::TileChanged, detail);
            } else {
                headers_differ = true;
                let detail = Detail::NotInTree;
                self.fault(Place::Entry(seq), FaultKind::HeaderChanged, detail);
            }
        }
        for (id, detail) in std::mem::take(&mut self.wrong_tiles) {
            // A changed header changes every tile above it: it is named once.
            if !headers_differ {
                let place = Place::Tile {
                    level: id.level,
                    index: id.index,
                };
                self.fault(place, FaultKind::TileChanged, detail);
            }
        }
    }

    fn judge_roots(&mut self) {
        let named = |fault: &Fault| matches!(fault.place, Place::Entry(_));
        let named = self.faults.iter().any(named);
        for (at, since) in std::mem::take(&mut self.wrong_roots) {
            // A wrong entry that is named explains every root above it.
            if !named {
                let detail = Detail::Together { since };
                self.fault(Place::Checkpoint(at), FaultKind::CheckpointRoot, detail);
            }
        }
    }

    fn report(mut self) -> Report {
        self.faults.sort_by(|a, b| a.place.cmp(&b.place));
        Report {
            entries: self.edge.size(),
            bytes: self.bytes,
            tiles: self.tiles,
            checkpoints: self.checkpoints_hold,
            signed: self.signed,
            private: self.private,
            root: self.edge.root(),
            faults: self.faults,
        }
    }
}
