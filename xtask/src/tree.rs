//! The files of the project, as the tidy rules see them.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are made by building or running.
const MADE: [&str; 6] = [
    "target",
    ".git",
    "weighbridge-demo",
    "artifacts",
    "coverage",
    "node_modules",
];

/// A file with its path below the root, `/`-separated.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) path: String,
    /// `None` where the bytes are not UTF-8.
    pub(crate) text: Option<String>,
}

impl Page {
    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    pub(crate) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|e| e == extension)
    }
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Every file below the root that people wrote, sorted by path.
///
/// # Errors
/// What the system says of a file that cannot be read.
pub(crate) fn pages() -> std::io::Result<Vec<Page>> {
    let root = root();
    let mut pages = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if MADE.iter().any(|m| name == *m) {
                continue;
            }
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path);
                continue;
            }
            let below = path
                .strip_prefix(&root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            pages.push(Page {
                path: below,
                text: String::from_utf8(fs::read(&path)?).ok(),
            });
        }
    }
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pages)
}
