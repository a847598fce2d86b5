//! The program is killed at random moments (SIGKILL) while it makes an account and imports files. An outside recorder
//! keeps the receipts that it gave. After every kill: the journal opens and verifies, every receipt that was given
//! holds, no submission is half there, and sending everything again finishes the job.
//!
//! This does not test loss of power: what the operating system had taken over survives the process.
//!
//! `WEIGHBRIDGE_KILL_SECONDS` sets the time (40 by default), `WEIGHBRIDGE_KILL_SEED` the seed; failures name the seed.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use weighbridge::account::Account;
use weighbridge_journal::{Receipt, Verifier};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}

fn from_env(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(default)
}

/// Files of a world: name and rows, by the hash of the content, which is the submission key.
struct World {
    folder: tempfile::TempDir,
    files: Vec<String>,
    rows: BTreeMap<[u8; 32], u64>,
    /// Receipts that the program gave, by path.
    given: BTreeSet<PathBuf>,
}

impl World {
    fn new(dice: &mut Dice) -> World {
        let folder = tempfile::tempdir().unwrap();
        let (mut files, mut rows) = (Vec::new(), BTreeMap::new());
        // Enough files for several batches, and one that is several entries.
        let count = 300 + dice.below(200);
        let large = dice.below(count);
        for n in 0..count {
            let lines = if n == large {
                66_000
            } else {
                1 + dice.below(30)
            };
            let mut text = String::from(
                "reporter,site,kind,date,substance,amount,unit,counterparty,document\n",
            );
            for line in 0..lines {
                let (firm, other) = (n % 7, (n + 1) % 7);
                let kind = if line % 2 == 0 { "dispatch" } else { "receipt" };
                text.push_str(&format!(
                    "F{firm},S,{kind},2025-01-{:02},acetone,{}.{n},kg,F{other},D-{n}-{line}\n",
                    1 + line % 28,
                    1 + line
                ));
            }
            let name = format!("f{n:04}.csv");
            rows.insert(weighbridge_journal::sha256(text.as_bytes()), lines);
            std::fs::write(folder.path().join(&name), text).unwrap();
            files.push(name);
        }
        World {
            folder,
            files,
            rows,
            given: BTreeSet::new(),
        }
    }

    fn account(&self) -> PathBuf {
        self.folder.path().join("account")
    }

    fn start(&self, args: &[&str]) -> Child {
        common::program(self.folder.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Imports everything and kills the program after a time; returns whether it had ended by itself before.
    fn import(&mut self, after: Duration) -> bool {
        let mut args = vec!["import", "account", "--learn"];
        args.extend(self.files.iter().map(String::as_str));
        let mut child = self.start(&args);
        let out = BufReader::new(child.stdout.take().unwrap());
        let recorder = std::thread::spawn(move || {
            let lines = out.lines().map_while(Result::ok);
            lines
                .filter_map(|l| l.trim().strip_prefix("receipt: ").map(PathBuf::from))
                .collect::<Vec<_>>()
        });
        let until = Instant::now() + after;
        let mut ended = child.try_wait().unwrap();
        while ended.is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1).min(after));
            ended = child.try_wait().unwrap();
        }
        // Killing one that has just ended is an error that does not matter.
        let _ = child.kill();
        child.wait().unwrap();
        self.given.extend(recorder.join().unwrap());
        if let Some(status) = ended {
            assert!(status.success(), "the import ended with {status}");
        }
        ended.is_some()
    }

    /// Everything that must hold after a kill.
    fn check(&self, context: &str, all: bool) {
        let dir = self.account();
        let account = Account::open_read(&dir, None, &mut |_, _| {})
            .unwrap_or_else(|e| panic!("{context}: {e:?}"));
        let journal = account.journal();
        let report =
            weighbridge_journal::verify(journal.store(), journal.verifier(), &mut |_, _| {});
        assert!(report.ok(), "{context}: {:?}", report.first());
        for path in &self.given {
            self.check_receipt(path, journal.verifier(), context);
        }
        let mut found: BTreeMap<u64, u64> = BTreeMap::new();
        for entry in account.books().substances.entries() {
            *found.entry(entry.submission).or_default() += u64::from(entry.lines + entry.aside);
        }
        let mut keys = BTreeSet::new();
        for (submission, rows) in &found {
            let key = account.entry(*submission).unwrap().0.key;
            assert_eq!(
                self.rows.get(&key),
                Some(rows),
                "{context}: submission {submission} is half there"
            );
            assert!(
                keys.insert(key),
                "{context}: submission {submission} is there twice"
            );
        }
        if all {
            assert_eq!(
                keys.len(),
                self.rows.len(),
                "{context}: files are missing at the end"
            );
            assert!(
                self.given.len() >= self.rows.len(),
                "{context}: receipts are missing at the end"
            );
        }
    }

    fn check_receipt(&self, path: &Path, verifier: &Verifier, context: &str) {
        let path = self.folder.path().join(path);
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("{context}: {}: {e}", path.display()));
        let receipt =
            Receipt::parse(&text).unwrap_or_else(|e| panic!("{context}: {}: {e}", path.display()));
        receipt
            .verify(verifier)
            .unwrap_or_else(|e| panic!("{context}: {}: {e}", path.display()));
    }
}

/// Makes the account, killed in the middle sometimes; in the end it is there.
fn init(world: &World, dice: &mut Dice, context: &str) {
    for attempt in 0.. {
        let mut child = world.start(&["init", "account", "--origin", "kill.invalid/test"]);
        if dice.below(3) > 0 && attempt < 5 {
            std::thread::sleep(Duration::from_micros(dice.below(60_000)));
            let _ = child.kill();
            child.wait().unwrap();
            continue;
        }
        let status = child.wait().unwrap();
        // A creation that was killed after its last step is whole: then there is a journal already.
        let whole = Account::open_read(&world.account(), None, &mut |_, _| {}).is_ok();
        assert!(
            whole,
            "{context}: init ended with {status} and left no journal"
        );
        return;
    }
}

#[test]
fn what_was_acknowledged_survives_and_nothing_is_half_there() {
    let seed = from_env("WEIGHBRIDGE_KILL_SEED", 20_261_121);
    let budget = Duration::from_secs(from_env("WEIGHBRIDGE_KILL_SECONDS", 40));
    let (begun, mut dice, mut kills, mut worlds) = (Instant::now(), Dice(seed), 0u32, 0u32);
    while begun.elapsed() < budget {
        let mut world = World::new(&mut dice);
        worlds += 1;
        init(
            &world,
            &mut dice,
            &format!("seed {seed}, after {kills} kills"),
        );
        // Moments are drawn up to this; it grows until an import gets through, so that every stage is met.
        let mut longest = 100;
        loop {
            let late = begun.elapsed() >= budget;
            let after = if late { 600_000 } else { dice.below(longest) };
            let ended = world.import(Duration::from_millis(after));
            kills += u32::from(!ended);
            world.check(&format!("seed {seed}, kill {kills}"), ended);
            if ended {
                break;
            }
            longest += longest / 4;
        }
    }
    // Past the capture of the test's output: whoever runs it for hours wants to know.
    let worlds = format!("{kills} kills in {worlds} accounts, seed {seed}\n");
    std::io::stderr().write_all(worlds.as_bytes()).unwrap();
    assert!(kills >= 3, "only {kills} kills in {budget:?}");
}
