//! How the image is asked whether it is healthy: the very command, run here.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::image::{Dockerfile, PORT};
use crate::support::program::Program;

/// Runs the image's health check against a port of this machine.
fn is_healthy(port: u16) -> bool {
    let image = Dockerfile::read("Dockerfile");
    let check = image.last("HEALTHCHECK");
    let command = check.split_once(" CMD ").expect("a command").1;
    let command: Vec<String> = serde_json::from_str(command).expect("the exec form");
    let here = |part: &String| part.replace(&format!("/{PORT} "), &format!("/{port} "));
    let command: Vec<String> = command.iter().map(here).collect();
    assert!(command.concat().contains(&port.to_string()), "{command:?}");
    let status = Command::new(&command[0])
        .args(&command[1..])
        .stderr(Stdio::null())
        .status();
    status.expect("the shell runs").success()
}

#[test]
fn the_image_is_healthy_while_the_demo_answers() {
    let program = Program::start(&[]);
    let port = program.address.port();
    assert!(is_healthy(port));
    drop(program);
    assert!(!is_healthy(port));
}

#[test]
fn what_answers_otherwise_is_not_healthy() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        // A shell writes line by line.
        let lines = BufReader::new(&stream).lines().map(Result::unwrap);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        let answer = b"HTTP/1.0 503 Service Unavailable\r\n\r\n";
        (&stream).write_all(answer).unwrap();
        head
    });
    assert!(!is_healthy(port));
    let head = server.join().unwrap();
    assert_eq!(head, ["GET /health HTTP/1.0", "Host: localhost"]);
}
