//! Which known word somebody may have meant.
//!
//! The distance is the number of insertions, deletions, replacements and swaps of neighbours that
//! make one word of the other (optimal string alignment), on bytes: names are ASCII. Nobody needs
//! to know how far apart two unlike words are, so it is computed up to a limit only.

/// More edits than this are no typo, however long the word is.
const MAX_EDITS: usize = 4;

/// The word with the fewest edits, the first of several; `None` if all are unlike.
pub(crate) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // A third of the word may be wrong: `rows` is not what `size` was meant to be.
    let mut limit = (word.len() / 3).min(MAX_EDITS);
    let mut best = None;
    for candidate in known {
        if limit == 0 {
            break;
        }
        if let Some(edits) = edits_within(word, candidate, limit) {
            best = Some(candidate);
            limit = edits.saturating_sub(1);
        }
    }
    best
}

/// How many edits make one word of the other, if that is at most `limit`, which is at most
/// [`MAX_EDITS`].
fn edits_within(a: &str, b: &str, limit: usize) -> Option<usize> {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    // Most pairs differ in one place.
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev());
    let same = same.take_while(|(a, b)| a == b).count();
    (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);

    // Row `i` holds the edits between the first `i` bytes of `a` and the first `j` of `b`. Only
    // cells at most `limit` off the diagonal can matter, so a row has only those, and one more on
    // each side: a cell's place is how far it is off the diagonal.
    const WIDTH: usize = 2 * MAX_EDITS + 3;
    let out_of_reach = limit + 1;
    let place = |i: usize, j: usize| 1 + limit + j - i;
    let (mut before, mut last) = ([out_of_reach; WIDTH], [out_of_reach; WIDTH]);
    for i in 0..=a.len() {
        let mut row = [out_of_reach; WIDTH];
        let mut least = out_of_reach;
        for j in i.saturating_sub(limit)..=(i + limit).min(b.len()) {
            let at = place(i, j);
            let mut edits = match (i, j) {
                (0, _) => j,
                (_, 0) => i,
                _ => (last[at] + usize::from(a[i - 1] != b[j - 1]))
                    .min(last[at + 1] + 1)
                    .min(row[at - 1] + 1),
            };
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                edits = edits.min(before[at] + 1);
            }
            row[at] = edits.min(out_of_reach);
            least = least.min(row[at]);
        }
        if least == out_of_reach {
            return None;
        }
        (before, last) = (last, row);
    }
    let edits = last[place(a.len(), b.len())];
    (edits <= limit).then_some(edits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word by word.
    fn edits(a: &[u8], b: &[u8]) -> usize {
        let (Some((last_a, rest_a)), Some((last_b, rest_b))) = (a.split_last(), b.split_last())
        else {
            return a.len().max(b.len());
        };
        let mut least = (edits(rest_a, rest_b) + usize::from(last_a != last_b))
            .min(edits(rest_a, b) + 1)
            .min(edits(a, rest_b) + 1);
        if let ([rest_a @ .., a2, a1], [rest_b @ .., b2, b1]) = (a, b) {
            if (a1, a2) == (b2, b1) {
                least = least.min(edits(rest_a, rest_b) + 1);
            }
        }
        least
    }

    proptest! {
        #[test]
        fn edits_are_those_of_the_definition_up_to_the_limit(
            a in "[abc]{0,5}", b in "[abc]{0,5}", limit in 0usize..=MAX_EDITS,
        ) {
            let right = edits(a.as_bytes(), b.as_bytes());
            prop_assert_eq!(edits_within(&a, &b, limit), (right <= limit).then_some(right));
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(edits_within("duration", "duraiton", 2), Some(1));
        assert_eq!(edits_within("duration", "noitarud", 4), None);
    }

    #[test]
    fn the_nearest_word_has_the_fewest_edits_and_is_not_unlike() {
        let known = ["bytes", "duration", "durations", "rows"];
        assert_eq!(nearest("durtion", known), Some("duration"));
        assert_eq!(nearest("duratoins", known), Some("durations"));
        assert_eq!(nearest("byte", known), Some("bytes"));
        assert_eq!(nearest("size", known), None);
        assert_eq!(
            nearest("rows", ["row", "cows"]),
            Some("row"),
            "the first of equals"
        );
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("anything", []), None);
    }

    #[test]
    fn long_words_and_bytes_that_are_no_letters_do_no_harm() {
        let long = "a".repeat(1_000_000);
        assert_eq!(
            nearest(&long, ["b", &*format!("{long}b")]),
            Some(&*format!("{long}b"))
        );
        assert_eq!(nearest("größe", ["grösse"]), Some("grösse"));
    }
}
