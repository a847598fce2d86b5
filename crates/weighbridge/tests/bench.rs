//! The detection benchmark's arrays in, its statistics out.
#![allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

mod common;

use std::path::Path;

use npyz::{NpyFile, WriterBuilder};

use common::Story;

const MONTHS: usize = 24;

/// Values that look normal: sums of twelve uniform ones from a multiplicative generator.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn write(folder: &Path, name: &str, columns: usize, values: &[f64]) {
    let file = std::fs::File::create(folder.join(format!("{name}.npy"))).unwrap();
    let shape = [(values.len() / columns) as u64, columns as u64];
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&shape)
        .writer(file)
        .begin_nd()
        .unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
}

/// Writes a set of holders that move about 100 kg a month and lose `loss` of that from the thirteenth month on.
fn set(folder: &Path, holders: usize, loss: f64, seed: u64) {
    std::fs::create_dir_all(folder).unwrap();
    let mut noise = Noise(seed);
    let names = ["rR", "rI", "rU", "rC", "srdR", "srdI", "late", "P", "epoch"];
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    for _ in 0..holders {
        let mut stock = 500.0;
        columns[3].push(stock * (1.0 + 0.003 * noise.normal()));
        for month in 0..MONTHS {
            let (receipts, issues, usage) = (100.0 + 10.0 * noise.normal(), 50.0, 50.0);
            let taken = if month >= 12 { loss * 100.0 } else { 0.0 };
            stock += receipts - issues - usage * 1.002 - taken;
            let measured =
                |true_kg: f64, noise: &mut Noise| true_kg * (1.0 + 0.0015 * noise.normal());
            columns[0].push(measured(receipts, &mut noise));
            columns[1].push(measured(issues, &mut noise));
            columns[2].push(usage * (1.0 + 0.005 * noise.normal()));
            columns[3].push(stock * (1.0 + 0.003 * noise.normal()));
            columns[4].push(0.1 * noise.normal());
            columns[5].push(0.1 * noise.normal());
            columns[6].push(f64::from(u8::from(noise.uniform() < 0.1)));
            columns[7].push(usage * (1.0 + 0.02 * noise.normal()));
            columns[8].push(if month >= 5 { 1.0 } else { 0.0 });
        }
    }
    for (name, values) in names.iter().zip(&columns) {
        write(
            folder,
            name,
            if *name == "rC" { MONTHS + 1 } else { MONTHS },
            values,
        );
    }
    write(folder, "res", 1, &vec![0.01; holders]);
    write(folder, "declared_scale", 1, &vec![1.0; holders]);
}

fn read(path: &Path) -> (Vec<u64>, Vec<f64>) {
    let file = NpyFile::new(std::fs::File::open(path).unwrap()).unwrap();
    (file.shape().to_vec(), file.into_vec().unwrap())
}

#[test]
fn a_lasting_loss_stands_out_and_is_worth_a_visit() {
    let story = Story::new();
    for (name, holders, loss, seed) in [
        ("calib", 200, 0.0, 1),
        ("00_taken", 20, 0.04, 2),
        ("fresh", 200, 0.0, 3),
        ("rank_00", 20, 0.0, 4),
        ("rank_01", 5, 0.04, 5),
    ] {
        set(&story.path("dumped").join(name), holders, loss, seed);
    }
    story
        .run("bench detection --dumped dumped --out stat")
        .good();
    let largest = |name: &str| {
        let (shape, values) = read(&story.path("stat").join(name));
        assert_eq!(shape[1], MONTHS as u64);
        let years = values
            .chunks(MONTHS)
            .map(|row| row[12..].iter().copied().fold(f64::MIN, f64::max));
        let mut years: Vec<f64> = years.collect();
        years.sort_by(f64::total_cmp);
        years
    };
    let (honest, taken) = (largest("fresh.npy"), largest("00_taken.npy"));
    assert!(taken[0] > honest[197], "{} {}", taken[0], honest[197]);
    let (shape, honest) = read(&story.path("stat").join("rank_00.npy"));
    assert_eq!(shape, [20]);
    let worth = |values: &[f64]| values.iter().copied().fold(f64::MIN, f64::max);
    let (_, taken) = read(&story.path("stat").join("rank_01.npy"));
    assert!(
        taken.iter().all(|kg| *kg > worth(&honest)),
        "{taken:?} {honest:?}"
    );
    // Once more: the same bits.
    story
        .run("bench detection --dumped dumped --out again")
        .good();
    assert_eq!(
        read(&story.path("stat").join("00_taken.npy")),
        read(&story.path("again").join("00_taken.npy"))
    );
}

fn refused(story: &Story, args: &str) -> String {
    let ran = story.run(args);
    assert_eq!(ran.code(), 1, "{}", ran.out());
    ran.err()
}

#[test]
fn what_is_missing_is_named() {
    let story = Story::new();
    let said = refused(&story, "bench detection --dumped nowhere --out stat");
    assert!(said.contains("nowhere"), "{said}");
    set(&story.path("dumped").join("calib"), 3, 0.0, 1);
    std::fs::remove_file(story.path("dumped/calib/rU.npy")).unwrap();
    let said = refused(&story, "bench detection --dumped dumped --out stat");
    assert!(said.contains("rU.npy"), "{said}");
    story.write("dumped/calib/rU.npy", b"no array");
    let said = refused(&story, "bench detection --dumped dumped --out stat");
    assert!(said.contains("rU.npy"), "{said}");
    story.write("grid.json", b"{}");
    let said = refused(
        &story,
        "bench detection --dumped dumped --out stat --grid grid.json",
    );
    assert!(
        said.contains("grid.json") && said.contains("common"),
        "{said}"
    );
}
