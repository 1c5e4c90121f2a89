//! The program: reads the flags, starts the application, waits for a signal.

use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Parser;
use demo_app::{Config, Demo, LogMode, StartError, ops, signals, telemetry};

/// How long the program waits for what is still going on when everything else has ended.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let config = Config::parse();
    if let Some(folder) = &config.write_ops {
        let paths = ops::write(&config, folder).map_err(StartError::Ops);
        return ended(paths.map(|paths| {
            let mut out = std::io::stdout();
            for path in paths {
                let _ = writeln!(out, "wrote {}", path.display());
            }
        }));
    }
    if config.log != LogMode::Off {
        telemetry::log_panics_only();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(StartError::Runtime);
    ended(runtime.and_then(|runtime| {
        let ended = runtime.block_on(run(config));
        // Dropped, it would wait for whatever a thread is still at, such as writing to a full pipe.
        runtime.shutdown_timeout(LAST_PATIENCE);
        ended
    }))
}

fn ended(how: Result<(), StartError>) -> ExitCode {
    match how {
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
            say(report.complaints().to_vec());
        }
        // Whoever asks twice does not want to wait.
        () = signals.next() => {}
    }
    Ok(())
}

/// Writes lines to standard error; but the program ends in time also where that is a full pipe that
/// nobody reads.
fn say(lines: Vec<String>) {
    let (said, wait) = mpsc::channel::<()>();
    let speak = move || {
        for line in lines {
            let _ = writeln!(std::io::stderr(), "demo-app: {line}");
        }
        drop(said);
    };
    if thread::Builder::new().spawn(speak).is_ok() {
        let _ = wait.recv_timeout(LAST_PATIENCE);
    }
}
