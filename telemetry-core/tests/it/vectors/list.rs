//! Cases of the area `list_handlers`.

use telemetry::{attach_many, list_handlers};

#[test]
fn list_001_a_prefix_is_a_list_of_segments() {
    let _guard = attach_many("v-list-001", ["v1.b", "v1.c.d"], |_| {})
        .unwrap()
        .guard();
    let count = |prefix| {
        list_handlers(prefix)
            .iter()
            .filter(|row| row.id == "v-list-001")
            .count()
    };
    assert_eq!(
        ["", "v1", "v1.c", "v1.c.d", "v1.c.d.e", "b"].map(count),
        [2, 2, 1, 1, 0, 0]
    );
    let rows = list_handlers("v1");
    assert_eq!([&rows[0].pattern, &rows[1].pattern], ["v1.b", "v1.c.d"]);
}

#[test]
fn list_002_a_prefix_that_is_no_name_lists_nothing() {
    let _guard = attach_many("v-list-002", ["v2.b"], |_| {}).unwrap().guard();
    for prefix in [".", "v2.", "\"v2\"", "v2..b", "\0"] {
        assert_eq!(list_handlers(prefix), []);
    }
}
