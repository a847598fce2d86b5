//! A store around a store, whose writes and reads fail when told to.

use std::cell::Cell;
use std::ops::ControlFlow;
use weighbridge_journal::{
    Batch, Counts, Found, Head, Private, Raw, Store, StoreError, StoredCheckpoint,
};

/// When a write fails: without an effect, or with its effect and no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fail {
    Before,
    After,
}

/// A store whose writes and reads fail when told to.
pub(crate) struct Faulty<S> {
    pub(crate) inner: S,
    pub(crate) writes: u64,
    pub(crate) fail_at: Option<(u64, Fail)>,
    pub(crate) reads: Cell<u64>,
    pub(crate) fail_read_at: Option<u64>,
    pub(crate) error: StoreError,
}

impl<S: Store> Faulty<S> {
    pub(crate) fn over(inner: S, error: StoreError) -> Self {
        Self {
            inner,
            writes: 0,
            fail_at: None,
            reads: Cell::new(0),
            fail_read_at: None,
            error,
        }
    }

    fn read<T>(&self, run: impl FnOnce(&S) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.reads.set(self.reads.get() + 1);
        if self.fail_read_at == Some(self.reads.get()) {
            return Err(self.error.clone());
        }
        run(&self.inner)
    }

    fn write(
        &mut self,
        run: impl FnOnce(&mut S) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.writes += 1;
        match self.fail_at {
            Some((at, Fail::Before)) if at == self.writes => Err(self.error.clone()),
            Some((at, Fail::After)) if at == self.writes => {
                run(&mut self.inner)?;
                Err(self.error.clone())
            }
            _ => run(&mut self.inner),
        }
    }
}

impl<S: Store> Store for Faulty<S> {
    fn head(&self) -> Result<Head, StoreError> {
        self.read(|inner| inner.head())
    }
    fn append(&mut self, expected: u64, batch: &Batch) -> Result<(), StoreError> {
        self.write(|inner| inner.append(expected, batch))
    }
    fn read_raw(
        &self,
        from: u64,
        f: &mut dyn FnMut(Raw<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        // Before the first entry and between any two.
        self.read(|_| Ok(()))?;
        let mut failed = None;
        self.inner
            .read_raw(from, &mut |raw| match self.read(|_| Ok(())) {
                Ok(()) => f(raw),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })?;
        failed.map_or(Ok(()), Err)
    }
    fn find(&self, organisation: &str, key: &[u8; 32]) -> Result<Option<Found>, StoreError> {
        self.read(|inner| inner.find(organisation, key))
    }
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|inner| inner.tile(level, index))
    }
    fn put_checkpoint(&mut self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        self.write(|inner| inner.put_checkpoint(checkpoint))
    }
    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>, StoreError> {
        self.read(|inner| inner.checkpoints())
    }
    fn latest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.read(|inner| inner.latest_checkpoint())
    }
    fn secret(&self, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        self.read(|inner| inner.secret(seq))
    }
    fn destroy_secret(&mut self, seq: u64) -> Result<(), StoreError> {
        self.write(|inner| inner.destroy_secret(seq))
    }
    fn meta_get(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|inner| inner.meta_get(name))
    }
    fn meta_put(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.write(|inner| inner.meta_put(name, value))
    }
    fn meta_list(&self) -> Result<Vec<Private>, StoreError> {
        self.read(|inner| inner.meta_list())
    }
    fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|inner| inner.counts())
    }
    fn self_check(&self) -> Result<(), StoreError> {
        self.read(S::self_check)
    }
}
