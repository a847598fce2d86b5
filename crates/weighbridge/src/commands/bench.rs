//! `bench`: the program as a method of a benchmark.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use npyz::WriterBuilder;
use weighbridge_accountancy::bank::readings;
use weighbridge_accountancy::calibration::Calibration;
use weighbridge_accountancy::channel::{Readings, YEAR};
use weighbridge_accountancy::ranking;
use weighbridge_detection::cores;

use crate::dumped::{Common, Peers, Set};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `bench`.
#[derive(Args, Debug)]
pub struct Bench {
    /// What to measure.
    #[command(subcommand)]
    pub what: What,
}

/// Benchmarks.
#[derive(Subcommand, Debug)]
pub enum What {
    /// Detection of losses in simulated series.
    Detection {
        /// Folder with a folder of arrays for each set.
        #[arg(long, value_name = "DIR")]
        dumped: PathBuf,
        /// Folder for the statistics.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// The grid's description, for the declared errors.
        #[arg(long, value_name = "FILE")]
        grid: Option<PathBuf>,
    },
}

/// The honest population that everything is fitted on.
const CALIBRATION: &str = "calib";
/// Sets whose holders are ranked, by what their names begin with.
const RANKED: &str = "rank_";
/// A month is settled one month after its end.
const SETTLEMENT: usize = 1;

impl Bench {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let What::Detection { dumped, out, grid } = self.what;
        let common = match &grid {
            Some(path) => Common::read(path)?,
            None => Common::DOCUMENTED,
        };
        std::fs::create_dir_all(&out).map_err(Trouble::system(&out))?;
        let honest = Set::read(&dumped.join(CALIBRATION))?;
        let peers = Peers::of(&honest);
        let references = judged(&honest, &common, &peers);
        let years: Vec<&[Readings]> = references.iter().map(|h| last_year(&h.readings)).collect();
        let calibration = Calibration::of(&years);
        let mut sets = 0_usize;
        for folder in folders(&dumped)? {
            let set = Set::read(&folder)?;
            let holders = judged(&set, &common, &peers);
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let path = out.join(format!("{name}.npy"));
            if name.starts_with(RANKED) {
                let values: Vec<f64> = holders.iter().map(|h| h.rank(&calibration)).collect();
                write(&path, &[values.len()], &values)?;
            } else {
                let rows: Vec<f64> = holders
                    .iter()
                    .flat_map(|h| h.statistics(&calibration))
                    .collect();
                let months = rows.len() / holders.len().max(1);
                write(&path, &[holders.len(), months], &rows)?;
            }
            sets += 1;
        }
        printer.tell(
            "cli-bench-done",
            &[
                ("n", sets.into()),
                ("dir", out.display().to_string().into()),
            ],
        )
    }
}

/// A holder with what its channels read.
struct Judged {
    readings: Vec<Readings>,
    masses: Vec<ranking::Masses>,
}

impl Judged {
    /// The statistic of every month, in the month in which it is known.
    fn statistics(&self, calibration: &Calibration) -> Vec<f64> {
        let settled = self.readings.len().saturating_sub(SETTLEMENT);
        let known = self.readings.iter().take(settled);
        let values = known.map(|r| calibration.judge(r).statistic);
        std::iter::repeat_n(0.0, SETTLEMENT).chain(values).collect()
    }

    /// What an inspection is worth.
    fn rank(&self, calibration: &Calibration) -> f64 {
        let settled = self.readings.len().saturating_sub(SETTLEMENT);
        let known = self
            .readings
            .iter()
            .take(settled)
            .skip(settled.saturating_sub(YEAR));
        let worst = known
            .map(|r| calibration.judge(r))
            .max_by(|a, b| a.statistic.total_cmp(&b.statistic));
        let masses = self.masses.get(..settled).unwrap_or(&[]);
        let year = masses.get(settled.saturating_sub(YEAR)..).unwrap_or(&[]);
        worst.map_or(0.0, |verdict| ranking::value(&verdict, year))
    }
}

/// The settled periods of the last year.
fn last_year(readings: &[Readings]) -> &[Readings] {
    let settled = readings.len().saturating_sub(SETTLEMENT);
    let from = settled.saturating_sub(YEAR);
    readings.get(from..settled).unwrap_or(&[])
}

/// Judges the holders of a set on all cores.
fn judged(set: &Set, common: &Common, peers: &Peers) -> Vec<Judged> {
    cores::map(set.holders(), |holder| {
        let series = set.series(holder, common, peers);
        let yields = series.yields.as_ref();
        let usage = yields.map(|y| set.unexplained_use(holder, y, peers));
        Judged {
            readings: readings(&series),
            masses: ranking::masses(&series, &usage.unwrap_or_default()),
        }
    })
}

/// Folders of arrays, in order.
fn folders(dumped: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let entries = std::fs::read_dir(dumped).map_err(Trouble::system(dumped))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .map(|e| e.path())
        .filter(|p| p.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

fn write(path: &Path, shape: &[usize], values: &[f64]) -> Result<(), Trouble> {
    let write = || -> std::io::Result<()> {
        let file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let shape: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
        let mut writer = npyz::WriteOptions::new()
            .default_dtype()
            .shape(&shape)
            .writer(file)
            .begin_nd()?;
        writer.extend(values.iter().copied())?;
        writer.finish()
    };
    write().map_err(Trouble::system(path))
}
