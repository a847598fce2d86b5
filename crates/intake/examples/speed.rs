//! Rows per second of the parsing core on one file, into a sink that only counts.
use std::time::Instant;
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_intake::{Input, Options, Sink, limits::SNIFF_LEN, read, sniff};
use weighbridge_measure::Date;

struct Count(u64, u64);

impl Sink for Count {
    fn movement(&mut self, m: &Movement<'_>) -> Result<(), Issue> {
        self.0 += u64::from(m.row > 0);
        Ok(())
    }
    fn set_aside(&mut self, _: SetAside) {
        self.1 += 1;
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a measuring tool opens its own file"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("a file")?;
    let bytes = std::fs::read(&path)?;
    let detection = sniff(bytes.get(..SNIFF_LEN).unwrap_or(&bytes), &path)?;
    let options = Options {
        reporter: None,
        today: Date::MAX,
    };
    for _ in 0..3 {
        let mut sink = Count(0, 0);
        let start = Instant::now();
        read(
            Input::Bytes(&bytes),
            &path,
            &detection,
            &options,
            &mut sink,
            &mut |_| {},
        )?;
        let rows = sink.0 + sink.1;
        let seconds = start.elapsed().as_secs_f64();
        std::io::Write::write_fmt(
            &mut std::io::stdout(),
            format_args!(
                "{rows} rows ({} aside) {:.2} M/s\n",
                sink.1,
                rows as f64 / seconds / 1e6
            ),
        )?;
    }
    Ok(())
}
