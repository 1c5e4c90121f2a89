//! The scripts of the load tools: that they are what their tools take, that they visit what there is, and
//! that they fail when the demo does not keep its objectives.

mod k6;
mod locust;
mod scripts;
mod types;
