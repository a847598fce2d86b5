//! Hashes large bodies on a core of their own while the next one is read.
//!
//! Reading a body out of the store takes about as long as hashing it; one after the other, half of the time is lost. Small
//! bodies are not worth handing over. Two bodies are in memory at a time, and the store's own copy of one.

use crate::merkle::Hash;
use std::cell::OnceCell;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Bodies below are hashed where they are read.
const LARGE_BYTES: usize = 64 * 1024;

struct Job {
    seq: u64,
    hash: Hash,
    body: Vec<u8>,
}

type Thread = (SyncSender<Job>, JoinHandle<Vec<u64>>);

/// Compares bodies with their hashes. Where the system gives no thread, everything is done at once.
#[derive(Default)]
pub(super) struct Hasher {
    /// Asked for with the first large body.
    thread: OnceCell<Option<Thread>>,
    differ: Vec<u64>,
}

fn start() -> Option<Thread> {
    let (queue, jobs) = sync_channel::<Job>(0);
    let work = move || {
        (jobs.iter())
            .filter(|job| crate::sha256(&job.body) != job.hash)
            .map(|job| job.seq)
            .collect()
    };
    let thread = std::thread::Builder::new().name("journal-hasher".to_owned());
    thread.spawn(work).ok().map(|thread| (queue, thread))
}

impl Hasher {
    /// Compares the body of an entry with its hash, now or later.
    pub(super) fn compare(&mut self, seq: u64, body: &[u8], hash: Hash) {
        let large = body.len() >= LARGE_BYTES;
        let thread = large.then(|| self.thread.get_or_init(start).as_ref());
        let handed = thread.flatten().is_some_and(|(queue, _)| {
            let body = body.to_vec();
            queue.send(Job { seq, hash, body }).is_ok()
        });
        if !handed && crate::sha256(body) != hash {
            self.differ.push(seq);
        }
    }

    /// The entries whose bodies have another hash; `None` when the thread was lost and nobody knows.
    pub(super) fn finish(self) -> Option<Vec<u64>> {
        let mut differ = self.differ;
        if let Some((queue, thread)) = self.thread.into_inner().flatten() {
            drop(queue);
            differ.extend(thread.join().ok()?);
        }
        Some(differ)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_and_small_bodies_are_compared() {
        for threaded in [true, false] {
            let mut hasher = Hasher::default();
            if !threaded {
                hasher.thread = OnceCell::from(None);
            }
            let bodies: Vec<Vec<u8>> = (0..20_usize)
                .map(|n| vec![7; [0, 10, LARGE_BYTES - 1, LARGE_BYTES, 3 * LARGE_BYTES][n % 5]])
                .collect();
            for (seq, body) in (0..).zip(&bodies) {
                let mut hash = crate::sha256(body);
                hash[31] ^= u8::from(seq % 3 == 0);
                hasher.compare(seq, body, hash);
            }
            let mut differ = hasher.finish().unwrap();
            differ.sort_unstable();
            assert_eq!(differ, [0, 3, 6, 9, 12, 15, 18]);
        }
    }
}
