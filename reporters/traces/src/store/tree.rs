//! Puts spans, which arrive in any order, in the order of a tree.
//!
//! Ids come from outside, too: two spans may have the same, and spans may be below each other in a
//! circle. Every span has exactly one place all the same, and nothing here recurses.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use telemetry::SpanId;

use super::record::SpanRecord;

/// One line of a tree that is read from its top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Span(usize),
    /// A span of this process that is not there, but has spans below it.
    Missing(SpanId),
}

#[derive(Debug)]
pub(super) struct Tree {
    pub(super) lines: Vec<Line>,
    /// Of each span: the span above, if that is there.
    pub(super) parents: Vec<Option<usize>>,
    /// Of each span: how many lines it is below of.
    pub(super) depths: Vec<usize>,
    /// Of each span: the time in which nothing below it ran.
    pub(super) selves: Vec<Duration>,
}

/// The order in which spans began. A span that took longer comes first, because it may be above the
/// other; what is left is settled by ids, so that the order is the same however they came.
pub(super) fn sort(spans: &mut [Arc<SpanRecord>]) {
    spans.sort_by_key(|span| {
        let is_below = span.parent().is_some();
        let longest_first = std::cmp::Reverse(span.duration());
        (span.began(), longest_first, is_below, span.span_id())
    });
}

/// The spans must be [sorted](sort).
pub(super) fn build(spans: &[Arc<SpanRecord>]) -> Tree {
    let mut at = HashMap::with_capacity(spans.len());
    for (index, span) in spans.iter().enumerate() {
        at.entry(span.span_id()).or_insert(index);
    }
    let parent_of = |index: usize| -> Option<usize> {
        let above = at.get(&spans[index].parent()?.span_id())?;
        (*above != index).then_some(*above)
    };
    let mut parents: Vec<_> = (0..spans.len()).map(parent_of).collect();
    cut_circles(&mut parents);

    let mut children = vec![Vec::new(); spans.len()];
    for (index, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            children[*parent].push(index);
        }
    }
    let mut tree = Tree {
        lines: Vec::with_capacity(spans.len()),
        depths: vec![0; spans.len()],
        selves: Vec::new(),
        parents,
    };
    tree.walk(spans, &children, &at);
    tree.selves = (0..spans.len())
        .map(|index| self_time(spans, index, &children[index]))
        .collect();
    tree
}

/// Of each circle, the first span stands at the top.
fn cut_circles(parents: &mut [Option<usize>]) {
    // In which walk a span was first met; every span is walked over once.
    let mut met = vec![usize::MAX; parents.len()];
    for start in 0..parents.len() {
        let mut next = Some(start);
        while let Some(index) = next {
            if met[index] == start {
                parents[first_of_circle(parents, index)] = None;
                break;
            }
            if met[index] != usize::MAX {
                break;
            }
            met[index] = start;
            next = parents[index];
        }
    }
}

fn first_of_circle(parents: &[Option<usize>], on_it: usize) -> usize {
    let (mut first, mut index) = (on_it, parents[on_it]);
    while let Some(next) = index.filter(|next| *next != on_it) {
        first = first.min(next);
        index = parents[next];
    }
    first
}

impl Tree {
    fn walk(
        &mut self,
        spans: &[Arc<SpanRecord>],
        children: &[Vec<usize>],
        at: &HashMap<SpanId, usize>,
    ) {
        // Spans below one that is missing stand where the first of them does.
        let mut orphans: HashMap<SpanId, Vec<usize>> = HashMap::new();
        let mut tops = Vec::new();
        for (index, span) in spans.iter().enumerate() {
            if self.parents[index].is_some() {
                continue;
            }
            match span.local_parent().filter(|id| !at.contains_key(id)) {
                None => tops.push(Line::Span(index)),
                Some(missing) => {
                    let below = orphans.entry(missing).or_default();
                    if below.is_empty() {
                        tops.push(Line::Missing(missing));
                    }
                    below.push(index);
                }
            }
        }
        let mut stack = Vec::new();
        for top in tops {
            match top {
                Line::Span(index) => stack.push(index),
                Line::Missing(id) => {
                    self.lines.push(top);
                    for index in orphans.remove(&id).into_iter().flatten().rev() {
                        self.depths[index] = 1;
                        stack.push(index);
                    }
                }
            }
            while let Some(index) = stack.pop() {
                self.lines.push(Line::Span(index));
                for child in children[index].iter().rev() {
                    self.depths[*child] = self.depths[index] + 1;
                    stack.push(*child);
                }
            }
        }
    }
}

/// The span's time without that in which a span right below it ran. What goes on below it after its
/// end is not its own, and what runs there at the same time counts once.
fn self_time(spans: &[Arc<SpanRecord>], index: usize, children: &[usize]) -> Duration {
    let span = &spans[index];
    let (mut covered, mut until) = (Duration::ZERO, span.began());
    // In the order in which they began, as all spans are.
    for child in children {
        let child = &spans[*child];
        let from = child.began().max(until);
        let to = child.ended().min(span.ended());
        covered += to.saturating_sub(from);
        until = until.max(to);
    }
    span.duration().saturating_sub(covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_circle_one_span_stands_at_the_top_and_all_others_stay_where_they_are() {
        // 0 ← 1 ← 2 ← 3 ← 1, 4 ← 4 cannot be, 5 ⇄ 6, and 7 is below the second circle.
        let mut parents = [
            None,
            Some(3),
            Some(1),
            Some(2),
            Some(0),
            Some(6),
            Some(5),
            Some(6),
        ];
        cut_circles(&mut parents);
        let expected = [
            None,
            None,
            Some(1),
            Some(2),
            Some(0),
            None,
            Some(5),
            Some(6),
        ];
        assert_eq!(parents, expected);
    }

    #[test]
    fn what_is_no_circle_is_left_alone() {
        let line: Vec<_> = (0..100_000usize)
            .map(|index| index.checked_sub(1))
            .collect();
        let mut parents = line.clone();
        cut_circles(&mut parents);
        assert_eq!(parents, line);
        // One after the other, the earliest at the far end.
        let mut parents: Vec<_> = (1..=100_000)
            .map(|next| (next < 100_000).then_some(next))
            .collect();
        let line = parents.clone();
        cut_circles(&mut parents);
        assert_eq!(parents, line);
    }

    #[test]
    fn spans_of_one_id_and_below_each_other_have_a_place_each() {
        use telemetry::SpanContext;

        let context = |id| SpanContext::new(TRACE, SpanId::new(id).unwrap(), true);
        let span = |id, parent, began| {
            Arc::new(SpanRecord::bare(
                context(id),
                Some(context(parent)),
                Duration::from_secs(began),
            ))
        };
        const TRACE: telemetry::TraceId = telemetry::TraceId::new(1).unwrap();
        // Below itself; two below each other; two of one id, below one of them.
        let mut spans = [
            span(1, 1, 1),
            span(2, 3, 2),
            span(3, 2, 3),
            span(4, 3, 4),
            span(4, 3, 5),
        ];
        sort(&mut spans);
        let tree = build(&spans);
        assert_eq!(tree.lines, [0, 1, 2, 3, 4].map(Line::Span));
        assert_eq!(tree.depths, [0, 0, 1, 2, 2]);
    }
}
