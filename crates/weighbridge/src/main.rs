//! The program `weighbridge`.

use std::process::ExitCode;

use weighbridge::{cli, commands, printer::Printer};

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let shown: Vec<String> = args.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    let lang = cli::language(&shown, &|name| std::env::var(name).ok());
    let mut printer = Printer::new(lang, false);
    let cli = match cli::parse(&printer.texts, args) {
        Ok(cli) => cli,
        Err(error) if error.exit_code() == 0 => {
            // Where nobody reads the help that was asked for there is nothing to do.
            let _ = printer.data(&error.render().to_string());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            printer.note(error.render().to_string().trim_end());
            return ExitCode::from(1);
        }
    };
    printer.json = cli.json;
    match commands::run(cli.command, &printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            printer.trouble(&trouble);
            ExitCode::from(trouble.exit_code())
        }
    }
}
