//! How a request gets to the receiver.
