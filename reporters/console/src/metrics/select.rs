//! Which rows to show if there are too many: not the first, for then one metric with many series
//! would push out all others.

use super::rows::Row;

/// The rows to show, and how many of which metric are not.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) rows: Vec<Row>,
    /// How many series there were.
    pub(crate) all: usize,
    /// By metric, in their order.
    pub(crate) left_out: Vec<(String, usize)>,
}

/// Gives each metric a fair share of `max` rows. `rows` are in the order of the metrics.
pub(crate) fn select(rows: Vec<Row>, max: usize) -> Selected {
    let all = rows.len();
    if all <= max {
        return Selected {
            rows,
            all,
            left_out: Vec::new(),
        };
    }
    let mut metrics: Vec<Vec<Row>> = Vec::new();
    for row in rows {
        match metrics.last_mut() {
            Some(metric) if metric[0].order == row.order => metric.push(row),
            _ => metrics.push(vec![row]),
        }
    }
    let sizes: Vec<usize> = metrics.iter().map(Vec::len).collect();
    let mut selected = Selected {
        rows: Vec::with_capacity(max),
        all,
        left_out: Vec::new(),
    };
    for (mut metric, share) in metrics.into_iter().zip(shares(&sizes, max)) {
        if share < metric.len() {
            metric.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
            let name = metric[0].definition.name().to_owned();
            selected.left_out.push((name, metric.len() - share));
        }
        selected.rows.extend(metric.into_iter().take(share));
    }
    selected
}

/// Small ones are shown whole, and what they leave is shared by the others.
fn shares(sizes: &[usize], max: usize) -> Vec<usize> {
    let mut by_size: Vec<usize> = (0..sizes.len()).collect();
    by_size.sort_by_key(|at| sizes[*at]);
    let mut shares = vec![0; sizes.len()];
    let mut left = max;
    for (done, at) in by_size.iter().enumerate() {
        let fair = left / (sizes.len() - done);
        shares[*at] = sizes[*at].min(fair);
        left -= shares[*at];
    }
    shares
}

fn weight(row: &Row) -> f64 {
    let numbers = &row.numbers;
    let count = numbers.count.map(|count| count as f64);
    count
        .or(numbers.sum)
        .or(numbers.last)
        .unwrap_or_default()
        .abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_metrics_are_shown_whole_and_large_ones_share_the_rest() {
        assert_eq!(shares(&[2_000, 1, 300, 2], 50), [24, 1, 23, 2]);
        assert_eq!(shares(&[3, 3], 6), [3, 3]);
        assert_eq!(shares(&[5; 4], 2).iter().sum::<usize>(), 2);
    }
}
