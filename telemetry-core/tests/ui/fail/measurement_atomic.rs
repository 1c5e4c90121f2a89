use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

fn main() {
    let (count, shared) = (AtomicU64::new(1), Arc::new(Mutex::new(1)));
    telemetry::execute!("shop.stop", { count, shared });
}
