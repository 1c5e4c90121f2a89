//! What is found and what is not, with spans that end when the test says so.

mod model;
mod room;
mod rules;
mod world;
