//! Where the program may write a file that the user names.

use std::path::Path;

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
    if path.exists() && !path.is_dir() {
        return Err(Trouble::NotAFolder(path.to_owned()));
    }
    std::fs::create_dir_all(path).map_err(Trouble::system(path))?;
    writable(&path.join("result"))
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
    writable(path)?;
    let aside = path.with_added_extension("new");
    match write(&aside) {
        Ok(written) => {
            std::fs::rename(&aside, path).map_err(Trouble::system(path))?;
            Ok(written)
        }
        Err(trouble) => {
            // Half a file is of no use; where it cannot be removed, the first error is the one to tell.
            let _ = std::fs::remove_file(&aside);
            Err(match trouble {
                Trouble::System { path: at, error } if at == aside => Trouble::System {
                    path: path.to_owned(),
                    error,
                },
                trouble => trouble,
            })
        }
    }
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
}
