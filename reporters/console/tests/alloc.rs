//! What a line allocates: nothing, once its thread is warm. In a process of its own, because it
//! replaces the allocator.

use std::io;
use std::time::Duration;

use telemetry::{display, execute, span};
use telemetry_console::{Colours, Console};
use telemetry_counting::{Counting, allocations_in};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(mut work: impl FnMut()) -> u64 {
    (0..100).for_each(|_| work());
    allocations_in(1_000, work)
}

#[test]
fn a_line_is_made_without_allocating() {
    let host = std::net::Ipv4Addr::LOCALHOST;
    for json in [false, true] {
        let builder = Console::events().only(["alloc.*"]).output(io::sink());
        let builder = if json {
            builder.json()
        } else {
            builder.colours(Colours::Always)
        };
        let console = builder.start().unwrap();
        let work = || {
            execute!(
                "alloc.stop",
                { duration: Duration::from_micros(1_234), bytes: 3_400, share: 0.25 },
                { route: "/cart", user: "Ada \"L.\"", status: 200, host: display(&host) }
            );
        };
        assert_eq!(allocations(work), 0, "json: {json}");
        assert!(console.stats().written >= 1_100);
        assert_eq!(
            span!("alloc.work").in_scope(|| allocations(work)),
            0,
            "json: {json}"
        );
    }
}

#[test]
fn a_queue_is_filled_without_allocating() {
    let console = Console::events()
        .only(["queue.*"])
        .output(io::sink())
        .background(1 << 20)
        .start()
        .unwrap();
    let work = || execute!("queue.stop", { bytes: 3_400 }, { route: "/cart" });
    // The two buffers grow until they hold what comes while the other one is written.
    (0..20_000).for_each(|_| work());
    console.flush(Duration::from_secs(10)).unwrap();
    let made = allocations(work);
    assert!(made <= 5, "{made}");
}
