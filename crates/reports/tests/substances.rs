//! The list of substances in the reference is the shipped one. After a change of the tables:
//! `cargo test -p weighbridge-reports --test substances -- --ignored`

use std::fmt::Write as _;
use std::path::PathBuf;

use weighbridge_measure::{FormTable, List, SubstanceTable};

const HEAD: &str = "# Substances

Generated from the shipped tables. The column `substance` of a [movements](movements.md) file takes the id, the CAS number or a
name, in either language and without regard to letter case; common synonyms are taken too. The column `form` takes the id or a
name of a form listed here; without one the amount is that of the free base or acid. Class: the category of the Chinese list of
precursor chemicals; empty where it is not on that list.
";

fn page() -> String {
    let (substances, forms) = (SubstanceTable::shipped(), FormTable::shipped());
    let mut out = HEAD.to_owned();
    for (list, title) in [
        (List::Precursor, "Precursors"),
        (
            List::Medicine,
            "Medicines (a second list, to read published records)",
        ),
    ] {
        let _ = write!(
            out,
            "\n## {title}\n\n| id | CAS | English | 中文 | class | forms |\n| --- | --- | --- | --- | --- | --- |\n"
        );
        for (id, s) in substances.all().filter(|(_, s)| s.list == list) {
            let own = forms.all().filter(|(_, f)| f.substance == Some(id));
            let names: Vec<String> = own
                .map(|(_, f)| format!("`{}` {}", f.id, f.name_zh))
                .collect();
            let class = s.cn_class.map(|c| c.to_string()).unwrap_or_default();
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {} | {class} | {} |",
                s.id,
                s.cas.unwrap_or_default(),
                s.name_en,
                s.name_zh.unwrap_or_default(),
                names.join("; ")
            );
        }
    }
    out
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/substances.md")
}

#[test]
fn the_reference_lists_the_shipped_substances() {
    let written = std::fs::read_to_string(path()).unwrap_or_default();
    assert_eq!(written, page(), "write it again with --ignored");
}

#[test]
#[ignore = "writes docs/reference/substances.md"]
#[allow(
    clippy::disallowed_methods,
    reason = "a generator, run by hand; the crate itself writes no files"
)]
fn write() {
    std::fs::write(path(), page()).unwrap();
}
