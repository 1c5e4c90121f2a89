//! The program: reads the flags, starts the application, waits for a signal.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use demo_app::{Config, Demo, StartError, signals};

fn main() -> ExitCode {
    let config = Config::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime);
    match runtime.and_then(|runtime| runtime.block_on(run(config))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, here and below: it panics when the other end is closed.
            let _ = writeln!(std::io::stderr(), "demo-app: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), StartError> {
    // Before anything else, so that a signal during the start is not lost.
    let mut signals = signals::Signals::new().map_err(StartError::Signals)?;
    let demo = tokio::select! {
        demo = Demo::start(config) => demo?,
        () = signals.next() => return Ok(()),
    };

    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening on http://{}", demo.address());
    let _ = out.flush();

    signals.next().await;
    tokio::select! {
        report = demo.stop() => {
            for line in report.complaints() {
                let _ = writeln!(std::io::stderr(), "demo-app: {line}");
            }
        }
        // Whoever asks twice does not want to wait.
        () = signals.next() => {}
    }
    Ok(())
}
