//! What it costs a program to be watched: processor time of the whole process by the second, and what
//! a thread that emits notices of it.
//!
//! The program is a process of its own; those who watch are threads of the one that measures, so what
//! they need to read is not counted. They read as fast as it comes, over loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use super::parent::this_program;
use crate::args::Args;
use crate::stats::{Seen, Times};

/// What is made when a viewer comes is not what is asked here.
const WARM: Duration = Duration::from_secs(3);

/// How long a viewer waits for the first thing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody watches something.
pub struct Watch {
    /// Unique; what filters refer to.
    pub id: &'static str,
    /// What it is, for people.
    pub label: &'static str,
    /// Which page they look at; nothing is served without one.
    pub page: Option<&'static str>,
    /// How many they are.
    pub viewers: usize,
    /// Sets the program up, in a process of its own: whether it serves.
    pub serve: fn(bool) -> Watched,
}

/// A program to be watched, set up.
pub struct Watched {
    /// Where it is served.
    pub port: Option<u16>,
    /// Emits for that long; nanoseconds per event, of each burst.
    pub emit: Box<dyn Fn(Duration) -> Vec<f64>>,
}

/// The child's side: says where it is served; told a time in milliseconds, it works for so long, and
/// says how many milliseconds of processor time that took per second, and the median and the minimum
/// of nanoseconds per event.
///
/// # Errors
///
/// If it is told anything else.
pub fn be_watched(watch: &Watch) -> Result<(), String> {
    let watched = (watch.serve)(watch.page.is_some());
    println!("{}", watched.port.unwrap_or(0));
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let millis = line.parse().map_err(|_| format!("not a time: {line}"))?;
        let (begun, before) = (Instant::now(), processor_time());
        let times = Times::of((watched.emit)(Duration::from_millis(millis)));
        let (took, elapsed) = (processor_time() - before, begun.elapsed());
        let share = took.as_secs_f64() * 1_000.0 / elapsed.as_secs_f64();
        println!("{share} {} {}", times.median, times.minimum);
        let _ = std::io::stdout().flush();
    }
    Ok(())
}

/// Of all threads of this process.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (time.tv_sec, time.tv_nsec);
    Duration::new(seconds.unsigned_abs(), nanos.unsigned_abs() as u32)
}

/// The parent's side: starts the program, and watches.
///
/// # Errors
///
/// If it could not be run, or a viewer saw nothing.
pub fn watch(watch: &Watch, args: &Args) -> Result<Seen, String> {
    let mut process = this_program()?
        .args(["--be-watched", watch.id])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", watch.id))?;
    let seen = watch_process(watch, args, &mut process);
    let _ = process.kill();
    let _ = process.wait();
    seen.map_err(|problem| format!("{}: {problem}", watch.id))
}

fn watch_process(watch: &Watch, args: &Args, process: &mut Child) -> Result<Seen, String> {
    let mut orders = process.stdin.take().ok_or("no pipe")?;
    let mut answers = BufReader::new(process.stdout.take().ok_or("no pipe")?);
    let mut answer = || {
        let mut line = String::new();
        let read = answers.read_line(&mut line);
        read.map_err(|error| error.to_string())?;
        let numbers = line.split_whitespace().map(str::parse::<f64>);
        let numbers: Result<Vec<_>, _> = numbers.collect();
        numbers.map_err(|_| format!("not an answer: {line}"))
    };
    let port = match answer()?[..] {
        [port] => port as u16,
        _ => return Err("it did not start".to_owned()),
    };
    let page = watch.page.unwrap_or_default();
    let viewers = (0..watch.viewers).map(|_| Viewer::start(port, page));
    let viewers = viewers.collect::<Result<Vec<_>, _>>()?;
    // Emits meanwhile, as later.
    let mut order = |time: Duration| {
        writeln!(orders, "{}", time.as_millis()).map_err(|error| error.to_string())?;
        answer()
    };
    order(WARM)?;
    let before: Vec<u64> = viewers.iter().map(Viewer::bytes).collect();
    let begun = Instant::now();
    let numbers = order(args.watched)?;
    let seconds = begun.elapsed().as_secs_f64();
    let read: Vec<u64> = viewers
        .iter()
        .zip(before)
        .map(|(viewer, before)| viewer.bytes() - before)
        .collect();
    viewers.into_iter().for_each(Viewer::stop);
    if read.contains(&0) {
        return Err("a viewer saw nothing".to_owned());
    }
    let [processor, median, minimum] = numbers[..] else {
        return Err("it ended".to_owned());
    };
    let all: u64 = read.iter().sum();
    Ok(Seen {
        processor,
        event: Times { median, minimum },
        bytes: (!read.is_empty()).then(|| all as f64 / seconds / read.len() as f64),
    })
}

/// One that watches, on a thread of its own.
struct Viewer {
    bytes: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    stream: TcpStream,
    thread: JoinHandle<()>,
}

impl Viewer {
    /// Comes back when something came.
    fn start(port: u16, page: &str) -> Result<Self, String> {
        let text = |error: std::io::Error| error.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(text)?;
        let request = format!("GET /stream?page={page} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).map_err(text)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(text)?;
        let mut first = [0; 15];
        stream.read_exact(&mut first).map_err(text)?;
        if first != *b"HTTP/1.1 200 OK" {
            return Err("it is not served".to_owned());
        }
        let bytes = Arc::new(AtomicU64::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let reader = stream.try_clone().map_err(text)?;
        let (count, over) = (bytes.clone(), is_over.clone());
        let thread = std::thread::spawn(move || read(reader, &count, &over));
        Ok(Self {
            bytes,
            is_over,
            stream,
            thread,
        })
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
        let _ = self.thread.join();
    }
}

fn read(mut stream: TcpStream, count: &AtomicU64, is_over: &AtomicBool) {
    let mut buffer = vec![0; 64 << 10];
    while !is_over.load(Ordering::Relaxed) {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => {
                count.fetch_add(length as u64, Ordering::Relaxed);
            }
        }
    }
}
