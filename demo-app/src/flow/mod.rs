//! The event-driven part: request → command → stored event → projection.
