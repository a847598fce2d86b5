//! Where the program may write a file that the user names.

use std::path::{Path, PathBuf};

use weighbridge_journal::sqlite::DATABASE;

use crate::trouble::Trouble;

/// Whether a file can be written at a path: a regular file or a new one, in a folder that is there, and not within the
/// folder of an account, whose journal or key it could take the place of.
///
/// # Errors
/// [`Trouble::NotAFile`], [`Trouble::NoFolder`], [`Trouble::OfAccount`].
pub fn writable(path: &Path) -> Result<(), Trouble> {
    let exists = std::fs::symlink_metadata(path);
    if exists.is_ok_and(|m| !m.is_file()) || path.as_os_str() == "-" {
        return Err(Trouble::NotAFile(path.to_owned()));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(Trouble::NoFolder(folder.to_owned()));
    }
    // Blobs and receipts lie one level deeper.
    let whole = folder.canonicalize().map_err(Trouble::system(folder))?;
    if whole.ancestors().take(2).any(|f| f.join(DATABASE).exists()) {
        return Err(Trouble::OfAccount(path.to_owned()));
    }
    Ok(())
}

/// Makes a folder to write results into, where it is not there yet.
///
/// # Errors
/// [`Trouble::NotAFolder`], [`Trouble::OfAccount`], [`Trouble::System`].
pub fn folder(path: &Path) -> Result<(), Trouble> {
    // A link that leads nowhere is there too.
    if std::fs::symlink_metadata(path).is_ok() && !path.is_dir() {
        return Err(Trouble::NotAFolder(path.to_owned()));
    }
    std::fs::create_dir_all(path).map_err(Trouble::system(path))?;
    writable(&path.join("result")).map_err(|trouble| match trouble {
        Trouble::OfAccount(_) => Trouble::OfAccount(path.to_owned()),
        trouble => trouble,
    })
}

/// Writes a file aside and moves it into place: a file of this name is whole or not there. `write` is given the place aside;
/// trouble with that is told as trouble with the file.
///
/// # Errors
/// As [`writable`]; what `write` says; [`Trouble::System`].
pub fn whole<T>(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let written = aside(path, write)?;
    into_place(path)?;
    Ok(written)
}

/// A file to be written: its path, and what writes it to the place that it is given.
pub type Part<'a> = (PathBuf, &'a dyn Fn(&Path) -> Result<(), Trouble>);

/// Writes files that belong together: none is moved into place before all are written aside.
///
/// # Errors
/// As [`whole`].
pub fn together(parts: &[Part<'_>]) -> Result<(), Trouble> {
    for (path, _) in parts {
        writable(path)?;
    }
    for (n, (path, write)) in parts.iter().enumerate() {
        if let Err(trouble) = aside(path, write) {
            for (path, _) in parts.iter().take(n) {
                let _ = std::fs::remove_file(place_aside(path));
            }
            return Err(trouble);
        }
    }
    parts.iter().try_for_each(|(path, _)| into_place(path))
}

fn place_aside(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

fn aside<T>(path: &Path, write: impl FnOnce(&Path) -> Result<T, Trouble>) -> Result<T, Trouble> {
    writable(path)?;
    let aside = place_aside(path);
    // What lies there is left of a run that was cut short, or a link, which would be written through.
    if std::fs::symlink_metadata(&aside).is_ok() {
        std::fs::remove_file(&aside).map_err(Trouble::system(&aside))?;
    }
    write(&aside).map_err(|trouble| {
        // Half a file is of no use; where it cannot be removed, the first error is the one to tell.
        let _ = std::fs::remove_file(&aside);
        match trouble {
            Trouble::System { path: at, error } if at == aside => Trouble::System {
                path: path.to_owned(),
                error,
            },
            trouble => trouble,
        }
    })
}

fn into_place(path: &Path) -> Result<(), Trouble> {
    std::fs::rename(place_aside(path), path).map_err(Trouble::system(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_an_account_is_a_target() {
        let base = tempfile::tempdir().unwrap();
        let at = |path: &str| base.path().join(path);
        for made in ["account/blobs", "account-free/deep/deeper"] {
            std::fs::create_dir_all(at(made)).unwrap();
        }
        std::fs::write(at("account").join(DATABASE), b"x").unwrap();
        for (path, code) in [
            ("new.csv", None),
            ("account-free/deep/deeper/new.csv", None),
            ("account/new.csv", Some("of_account")),
            ("account/../account/weighbridge.key", Some("of_account")),
            ("account/blobs/new.csv", Some("of_account")),
            ("nowhere/new.csv", Some("folder_missing")),
            ("account", Some("not_a_file")),
        ] {
            let code_of = writable(&at(path)).err().map(|trouble| trouble.code());
            assert_eq!(code_of, code, "{path}");
        }
        std::fs::write(at("plain"), b"x").unwrap();
        for (path, code) in [
            ("results", None),
            ("results", None),
            ("deep/results", None),
            ("plain", Some("not_a_folder")),
            ("account", Some("of_account")),
        ] {
            let code_of = folder(&at(path)).err().map(|trouble| trouble.code());
            assert_eq!(code_of, code, "{path}");
        }
    }
    #[test]
    fn files_that_belong_together() {
        let base = tempfile::tempdir().unwrap();
        let at = |name: &str| base.path().join(name);
        let write = |path: &Path| std::fs::write(path, b"new").map_err(Trouble::system(path));
        let fail = |_: &Path| Err(Trouble::Fault("a test"));
        std::fs::write(at("victim"), b"old").unwrap();
        std::fs::write(at("a"), b"old").unwrap();
        let read = |name: &str| std::fs::read(at(name)).unwrap();
        let names = || {
            let mut names: Vec<_> = (std::fs::read_dir(base.path()).unwrap())
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        assert!(together(&[(at("a"), &write), (at("b"), &fail)]).is_err());
        assert_eq!(
            (names(), read("a")),
            (vec!["a".into(), "victim".into()], b"old".into())
        );
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("victim"), at("b")).unwrap();
            let found = together(&[(at("a"), &write), (at("b"), &write)]);
            assert_eq!(found.err().map(|t| t.code()), Some("not_a_file"));
            assert_eq!((read("a"), read("victim")), (b"old".into(), b"old".into()));
            std::fs::rename(at("b"), at("b.new")).unwrap();
            std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
            let found = folder(&at("dangling")).err().map(|t| t.code());
            assert_eq!(found, Some("not_a_folder"));
            std::fs::remove_file(at("dangling")).unwrap();
        }
        together(&[(at("a"), &write), (at("b"), &write)]).unwrap();
        assert_eq!(names(), ["a", "b", "victim"]);
        assert_eq!(read("victim"), b"old");
    }
}
