//! [`Requests`]: points of all streams, put into as many requests as they take.

use std::mem::take;

use bytes::Bytes;

use super::collected::{Collected, Taken};
use super::plans::Plans;
use crate::proto::writer::{bytes as field, bytes_even_empty, message};

/// Where points are put.
#[derive(Debug)]
pub(super) struct Requests<'a> {
    resource: &'a [u8],
    max_points: usize,
    max_bytes: usize,
    /// The streams of the present request, with their points.
    streams: Vec<(usize, Vec<u8>)>,
    /// Where a stream is in there, by its number.
    places: Vec<Option<usize>>,
    points: usize,
    bytes: usize,
    /// What it stands for.
    pub(super) taken: Taken,
    done: Vec<Collected>,
}

impl<'a> Requests<'a> {
    pub(super) fn new(resource: &'a [u8], max_points: usize, max_bytes: usize) -> Self {
        Self {
            resource,
            max_points,
            max_bytes,
            streams: Vec::new(),
            places: Vec::new(),
            points: 0,
            bytes: 0,
            taken: Taken::default(),
            done: Vec::new(),
        }
    }

    /// Adds a point, unless there is none to write, and what is to be taken if it is delivered.
    pub(super) fn point(
        &mut self,
        plans: &Plans,
        stream: usize,
        write: impl FnOnce(&mut Vec<u8>) -> bool,
        take: impl FnOnce(&mut Taken),
    ) {
        if self.points >= self.max_points || self.bytes >= self.max_bytes {
            self.end(plans);
        }
        if self.places.len() <= stream {
            self.places.resize(stream + 1, None);
        }
        let place = match self.places[stream] {
            Some(place) => place,
            None => {
                // Its name and description are in the request, too.
                self.bytes += plans.stream(stream).texts();
                self.streams.push((stream, Vec::new()));
                self.places[stream] = Some(self.streams.len() - 1);
                self.streams.len() - 1
            }
        };
        let points = &mut self.streams[place].1;
        let before = points.len();
        if write(points) {
            self.points += 1;
            self.bytes += points.len() - before;
            take(&mut self.taken);
        } else {
            points.truncate(before);
        }
    }

    /// Ends the present request.
    fn end(&mut self, plans: &Plans) {
        let streams = take(&mut self.streams);
        self.places.clear();
        if self.points == 0 {
            return;
        }
        let mut body = Vec::with_capacity(self.bytes + self.bytes / 8 + 1_024);
        message(&mut body, 1, |out| {
            bytes_even_empty(out, 1, self.resource);
            message(out, 2, |out| {
                message(out, 1, |out| {
                    field(out, 1, b"telemetry-opentelemetry");
                    field(out, 2, env!("CARGO_PKG_VERSION").as_bytes());
                });
                for (stream, points) in streams.iter().filter(|(_, points)| !points.is_empty()) {
                    plans.stream(*stream).write(out, points);
                }
            });
        });
        self.done.push(Collected {
            body: Bytes::from(body),
            points: self.points as u64,
            taken: take(&mut self.taken),
        });
        (self.points, self.bytes) = (0, 0);
    }

    /// All requests.
    pub(super) fn finish(mut self, plans: &Plans) -> Vec<Collected> {
        self.end(plans);
        self.done
    }
}
