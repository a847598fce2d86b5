//! Group commit: one thread takes what has queued up, commits it once, and answers each.
//!
//! While a batch is being made durable the next one gathers by itself, so nothing waits on purpose: an idle journal commits
//! singly at once, a busy one in large batches. What a commit is, decide, append and apply, is the caller's closure over its
//! own state. A failed commit is final: the state of the system's caches is unknown, so every later submission is refused
//! with the reason until the journal is opened again.

use std::fmt::Display;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Most submissions in a batch.
pub const MAX_BATCH: usize = 8_192;
/// Longest time that is spent on gathering a batch.
pub const MAX_GATHER: Duration = Duration::from_millis(2);
/// Submissions that may wait; beyond, submitting blocks.
const QUEUE: usize = 8_192;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriterError {
    /// A commit failed, this one or an earlier one; open the journal again.
    #[error("the writer has stopped: {0}")]
    Stopped(String),
    /// The system gave no thread.
    #[error("the writer could not be started: {0}")]
    Thread(String),
}

impl WriterError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "writer_stopped",
            Self::Thread(_) => "writer_thread",
        }
    }
}

struct Job<Q, R> {
    request: Q,
    answer: Sender<R>,
}

type Reason = Arc<OnceLock<String>>;

fn stopped(reason: &Reason) -> WriterError {
    WriterError::Stopped((reason.get()).map_or_else(|| "it ended".to_owned(), Clone::clone))
}

/// The way to the writing thread. Shared by reference; dropping it commits what is queued and ends the thread.
pub struct Writer<S, Q, R> {
    queue: Option<SyncSender<Job<Q, R>>>,
    thread: Option<JoinHandle<S>>,
    reason: Reason,
}

/// An answer to come.
pub struct Ticket<R> {
    answer: Receiver<R>,
    reason: Reason,
}

impl<R> Ticket<R> {
    /// Waits until the submission is durable, or never will be.
    ///
    /// # Errors
    /// [`WriterError::Stopped`]: whether the submission was kept is known only when the journal is opened again.
    pub fn wait(self) -> Result<R, WriterError> {
        self.answer.recv().map_err(|_| stopped(&self.reason))
    }
}

impl<S, Q, R> Writer<S, Q, R>
where
    S: Send + 'static,
    Q: Send + 'static,
    R: Send + 'static,
{
    /// Starts the thread. `commit` makes a batch durable and gives one answer a submission, in order.
    ///
    /// # Errors
    /// [`WriterError::Thread`].
    pub fn spawn<E: Display>(
        mut state: S,
        mut commit: impl FnMut(&mut S, Vec<Q>) -> Result<Vec<R>, E> + Send + 'static,
    ) -> Result<Self, WriterError> {
        let (queue, jobs) = sync_channel::<Job<Q, R>>(QUEUE);
        let reason = Reason::default();
        let why = Arc::clone(&reason);
        let thread = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || {
                while let Some((requests, answers)) = gather(&jobs) {
                    let failed = match commit(&mut state, requests) {
                        Ok(replies) if replies.len() == answers.len() => {
                            // Whoever no longer waits has left; what was committed stays.
                            let pairs = answers.into_iter().zip(replies);
                            pairs.for_each(|(answer, reply)| drop(answer.send(reply)));
                            continue;
                        }
                        Ok(_) => "a commit gave a wrong number of answers".to_owned(),
                        Err(error) => error.to_string(),
                    };
                    // The reason is set before the answers are dropped, so that every waiting ticket finds it.
                    why.get_or_init(|| failed);
                    break;
                }
                state
            })
            .map_err(|error| WriterError::Thread(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            reason,
        })
    }

    /// Queues a submission; blocks while the queue is full.
    ///
    /// # Errors
    /// [`WriterError::Stopped`].
    pub fn submit(&self, request: Q) -> Result<Ticket<R>, WriterError> {
        let (answer, ticket) = channel();
        let queue = self.queue.as_ref().ok_or_else(|| stopped(&self.reason))?;
        queue
            .send(Job { request, answer })
            .map_err(|_| stopped(&self.reason))?;
        Ok(Ticket {
            answer: ticket,
            reason: Arc::clone(&self.reason),
        })
    }

    /// Commits what is queued, ends the thread and gives the state back; `None` when a commit panicked.
    #[must_use]
    pub fn finish(mut self) -> Option<S> {
        self.queue = None;
        self.thread.take()?.join().ok()
    }
}

impl<S, Q, R> Drop for Writer<S, Q, R> {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic in a commit was shown where it happened; there is nobody to give the state to.
            drop(thread.join());
        }
    }
}

/// The next batch; `None` when nobody can submit any more.
fn gather<Q, R>(jobs: &Receiver<Job<Q, R>>) -> Option<(Vec<Q>, Vec<Sender<R>>)> {
    let first = jobs.recv().ok()?;
    let since = Instant::now();
    let mut requests = vec![first.request];
    let mut answers = vec![first.answer];
    while requests.len() < MAX_BATCH && since.elapsed() < MAX_GATHER {
        let Ok(job) = jobs.try_recv() else { break };
        requests.push(job.request);
        answers.push(job.answer);
    }
    Some((requests, answers))
}
