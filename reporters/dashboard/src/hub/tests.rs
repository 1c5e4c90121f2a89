//! The hub with sections that count, panic and stall as they are told.

mod agreeing;
mod cancelling;
mod conducting;
mod falling;
mod limits;
mod probe;
mod reader;
mod viewing;
