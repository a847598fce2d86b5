//! The program `weighbridge`.

use std::process::ExitCode;

use weighbridge::printer::Printer;
use weighbridge::trouble::Trouble;
use weighbridge::{cli, commands, usage};

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let shown: Vec<String> = args
        .iter()
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    let lang = cli::language(&shown, &|name| std::env::var(name).ok());
    let mut printer = Printer::new(lang, false);
    let cli = match cli::parse(&printer.texts, args) {
        Ok(cli) => cli,
        Err(error) if error.exit_code() == 0 => {
            // Where nobody reads the help that was asked for there is nothing to do.
            let _ = printer.data(&cli::worded(&printer.texts, &error.render().to_string()));
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            printer.note(&usage::usage(&printer.texts, &error, &shown));
            return ExitCode::from(1);
        }
    };
    printer.json = cli.json;
    printer.account.clone_from(&cli.account);
    // Reasons, names of files and organisations go into the account as they are given.
    if shown
        .iter()
        .any(|a| weighbridge_intake::holds_identity_number(a))
    {
        printer.trouble(&Trouble::IdentityNumber);
        return ExitCode::from(Trouble::IdentityNumber.exit_code());
    }
    // A panic is a fault of ours and ends like one; where it happened has been written by then.
    let run = std::panic::AssertUnwindSafe(|| commands::run(cli.command, &printer));
    let result = std::panic::catch_unwind(run).unwrap_or(Err(Trouble::Fault("panic")));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            printer.trouble(&trouble);
            ExitCode::from(trouble.exit_code())
        }
    }
}
