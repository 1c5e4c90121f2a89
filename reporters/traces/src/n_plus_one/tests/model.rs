//! Any tree of spans that end in any order: what is found is what a plain definition says.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{Begun, World};

const NAMES: [&str; 3] = ["load", "page", "repo.transaction"];
const STATEMENTS: [&str; 3] = [
    "select a from t where id = ?",
    "select b from t where id = ?",
    "select c from t where id = ?",
];

/// Each span has an earlier one as its parent, a name and queries; the first is the request.
#[derive(Debug, Clone)]
struct Node {
    parent: usize,
    name: usize,
    queries: [usize; STATEMENTS.len()],
}

fn trees() -> impl Strategy<Value = Vec<Node>> {
    let node = (
        any::<prop::sample::Index>(),
        0..NAMES.len(),
        [0..3usize, 0..2, 0..2],
    );
    prop::collection::vec(node, 1..25).prop_map(|nodes| {
        let nodes = nodes.into_iter().enumerate();
        nodes
            .map(|(at, (parent, name, queries))| Node {
                parent: if at == 0 { 0 } else { parent.index(at) },
                name,
                queries,
            })
            .collect()
    })
}

/// The statements that are asked five times below one span through spans of the same names, where a
/// transaction is no span, and a name that follows itself is one.
fn expected(nodes: &[Node]) -> BTreeSet<&'static str> {
    let mut counts: BTreeMap<(usize, &str, Vec<usize>), usize> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        for (statement, count) in STATEMENTS.iter().zip(node.queries) {
            let (mut below, mut path) = (at, Vec::new());
            loop {
                let is_transparent = nodes[below].name == 2 && below != 0;
                if !is_transparent {
                    *counts.entry((below, statement, path.clone())).or_default() += count;
                }
                if below == 0 {
                    break;
                }
                if !is_transparent && path.last() != Some(&nodes[below].name) {
                    path.push(nodes[below].name);
                }
                below = nodes[below].parent;
            }
        }
    }
    let many = counts.into_iter().filter(|(_, count)| *count >= 5);
    many.map(|((_, statement, _), _)| statement).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_of_ends_finds_what_is_there_and_nothing_else(
        nodes in trees(),
        keys in prop::collection::vec(any::<u32>(), 25),
        root_is_last in any::<bool>(),
    ) {
        let mut world = World::new();
        let mut spans: Vec<Begun> = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let name = if at == 0 { "request" } else { NAMES[node.name] };
            spans.push(match at {
                0 => Begun::root(name),
                _ => spans[node.parent].child(name),
            });
        }
        let mut order: Vec<usize> = (0..nodes.len()).rev().collect();
        order.sort_by_key(|at| (root_is_last && *at == 0, keys[*at]));
        for at in order {
            for (statement, count) in STATEMENTS.iter().zip(nodes[at].queries) {
                world.queries(&spans[at], statement, count);
            }
            if nodes[at].name == 2 && at != 0 {
                world.end_transaction(spans[at]);
            } else {
                world.end(spans[at]);
            }
        }
        world.settle();
        let found: Vec<&str> = world.found.iter().map(|found| &*found.statement).collect();
        let once: BTreeSet<&str> = found.iter().copied().collect();
        prop_assert_eq!(found.len(), once.len(), "each once");
        if root_is_last {
            prop_assert_eq!(once, expected(&nodes));
        } else {
            // What comes after the request's end counts by itself.
            prop_assert!(once.is_subset(&expected(&nodes)));
        }
    }
}
