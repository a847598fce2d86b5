//! What the tests share: an invented story in a few files, and the built program.
#![allow(dead_code, reason = "every test file uses its own part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The register of the story. Every firm is invented.
pub(crate) const HOLDERS: &str = "code,name,name_en,site,area,reports\n\
    ALPHA,甲化工厂（虚构）,Alpha Works (invented),A1,某省/某市,yes\n\
    ALPHA,,,A2,某省/某市,yes\n\
    BETA,乙贸易公司（虚构）,Beta Trading (invented),B1,某省/某市,yes\n\
    GAMMA,丙制药厂（虚构）,Gamma Pharma (invented),G1,某省/别市,yes\n\
    ABROAD,境外公司（虚构）,Abroad Ltd (invented),X1,,no\n";

/// What the sender reports: one delivery that agrees, one that arrives short, one nobody confirms, four rows that
/// cannot be taken, and a count that does not fit.
pub(crate) const SENDER: &str = "line_id,reporter,site,kind,date,substance,amount,unit,counterparty,document,lot,reason\n\
    a1,ALPHA,A1,stocktake,2025-01-01,acetone,1000,kg,,,,\n\
    a2,ALPHA,A1,dispatch,2025-01-10,acetone,100,kg,BETA,D-1,L1,sale\n\
    a3,ALPHA,A1,dispatch,2025-01-11,acetone,200,kg,BETA,D-2,L1,sale\n\
    a4,ALPHA,A1,dispatch,2025-01-12,acetone,50,kg,GAMMA,D-3,L1,sale\n\
    a5,ALPHA,A1,dispatch,2025-01-13,acetone,\"1,234\",kg,GAMMA,D-4,L1,sale\n\
    a6,ALPHA,A1,dispatch,2025-01-13,acetone,10,kg,BETTA,D-5,L1,sale\n\
    a7,ALPHA,A1,dispatch,2025-02-29,acetone,10,kg,BETA,D-6,L1,sale\n\
    a8,ALPHA,A1,use,2025-01-14,acetone,-5,kg,,,L1,\n\
    a9,ALPHA,A1,stocktake,2025-03-31,acetone,640,kg,,,,\n";

/// What the receiver reports, with Chinese headers and words.
pub(crate) const RECEIVER: &str = "填报单位,场所,业务类型,日期,品种,数量,单位,对方单位,单据号,批号\n\
    BETA,B1,盘点,2025-01-01,丙酮,0,kg,,,\n\
    BETA,B1,入库,2025-01-11,丙酮,100,kg,ALPHA,D-1,L1\n\
    BETA,B1,入库,2025-01-12,丙酮,150,kg,ALPHA,D-2,L1\n\
    BETA,B1,使用,2025-02-01,丙酮,30,kg,,,L1\n\
    BETA,B1,盘点,2025-03-31,丙酮,220,kg,,,\n";

/// A folder with the files of the story.
pub(crate) struct Story {
    folder: tempfile::TempDir,
}

impl Story {
    pub(crate) fn new() -> Story {
        let story = Story {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, text) in [
            ("holders.csv", HOLDERS),
            ("sender.csv", SENDER),
            ("receiver.csv", RECEIVER),
        ] {
            story.write(name, text.as_bytes());
        }
        story
    }

    /// A story whose files are in an account already.
    pub(crate) fn imported() -> Story {
        let story = Story::new();
        story
            .run("init account --origin example.org/account")
            .good();
        story
            .run("import account holders.csv sender.csv receiver.csv")
            .good();
        story
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    /// Runs the program in the folder; arguments are separated by blanks.
    pub(crate) fn run(&self, args: &str) -> Ran {
        self.run_all(&args.split_whitespace().collect::<Vec<_>>())
    }

    pub(crate) fn run_all(&self, args: &[&str]) -> Ran {
        let output = program(self.folder.path()).args(args).output().unwrap();
        Ran {
            output,
            folder: self.folder.path().to_owned(),
        }
    }
}

/// The program, to be run in a folder, in English, without a terminal.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
    command
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("COLUMNS");
    command
}

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) output: Output,
    folder: PathBuf,
}

impl Ran {
    pub(crate) fn code(&self) -> i32 {
        self.output.status.code().unwrap_or(-1)
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    #[track_caller]
    pub(crate) fn good(self) -> Ran {
        assert_eq!(self.code(), 0, "{}{}", self.out(), self.err());
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}{}", self.out(), self.err()))
    }

    /// Everything that was said, with what differs from run to run masked.
    pub(crate) fn said(&self) -> String {
        let mut text = format!("exit {}\n{}", self.code(), self.out());
        let err = self.err();
        if !err.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(&err);
        }
        mask(&text.replace(&self.folder.display().to_string(), "<dir>"))
    }
}

/// Masks times, hashes and durations.
pub(crate) fn mask(text: &str) -> String {
    let mut out = String::new();
    let is_word = |c: char| c.is_ascii_alphanumeric() || "-:.+/=".contains(c);
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !is_word(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        out.push_str(before);
        out.push_str(mask_word(word));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn mask_word(word: &str) -> &str {
    let digits = |at: usize, n: usize| {
        word.get(at..at + n)
            .is_some_and(|w| w.bytes().all(|b| b.is_ascii_digit()))
    };
    let time = word.len() >= 19 && digits(0, 4) && word.as_bytes().get(10) == Some(&b'T');
    let hash = word.len() >= 44 && word.bytes().any(|b| b.is_ascii_digit()) && !word.contains("//");
    match (time, hash) {
        (true, _) => "<time>",
        (_, true) => "<hash>",
        _ => word,
    }
}
