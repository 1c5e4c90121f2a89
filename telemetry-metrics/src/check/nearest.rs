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

/// The known key of which `key` looks like a slip of the pen, where `key` may just as well be right.
///
/// A key is suspected only of what is hardly ever another word: swapped neighbours (`stauts`), a
/// lost or doubled letter inside a long word (`duraton`, `adddress`), a lost `e` at the end
/// (`rout`), other capitals or separators (`httpRoute`). Not so other endings (`route`, `routes`,
/// `router`), short words (`chat`, `chart`), replaced letters unless the word is very long
/// (`content`, `context`), digits, or two slips at once (`reason`, `region`).
pub(crate) fn mistaken_for<'w>(
    key: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    known.into_iter().find(|known| is_slip(key, known))
}

fn is_slip(key: &str, known: &str) -> bool {
    if key == known {
        return false;
    }
    if is_known_otherwise_spelt(key, known) {
        return true;
    }
    // Word by word, so that the others do not make a short one count as long.
    if words(key).count() != words(known).count() {
        return false;
    }
    let mut unlike = words(key).zip(words(known)).filter(|(a, b)| a != b);
    let first = unlike.next();
    first.is_some_and(|(a, b)| is_slip_in_word(a, b)) && unlike.next().is_none()
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '_' | '.' | '-')
}

fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(is_separator)
}

/// Without separators and capitals.
fn letters(key: &str) -> impl Iterator<Item = u8> {
    let letters = key.bytes().filter(|byte| !is_separator(char::from(*byte)));
    letters.map(|byte| byte.to_ascii_lowercase())
}

fn digits(word: &str) -> impl Iterator<Item = u8> {
    word.bytes().filter(u8::is_ascii_digit)
}

/// The same letters, with other capitals or separators. Between digits, a separator matters.
fn is_known_otherwise_spelt(key: &str, known: &str) -> bool {
    letters(key).count() >= 4
        && letters(key).eq(letters(known))
        && (words(key).map(str::len).eq(words(known).map(str::len)) || digits(key).count() == 0)
}

fn is_slip_in_word(word: &str, known: &str) -> bool {
    // The first letter is rarely what somebody gets wrong, and a digit never is.
    if word.as_bytes().first() != known.as_bytes().first() || !digits(word).eq(digits(known)) {
        return false;
    }
    let (word, known) = (word.as_bytes(), known.as_bytes());
    let start = word.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (in_word, in_known) = (&word[start..], &known[start..]);
    let end = in_word.iter().rev().zip(in_known.iter().rev());
    let end = end.take_while(|(a, b)| a == b).count();
    let in_word = &in_word[..in_word.len() - end];
    let in_known = &in_known[..in_known.len() - end];
    let len = word.len().max(known.len());
    match (in_word, in_known) {
        ([a1, a2], [b1, b2]) => (a1, a2) == (b2, b1) && len >= 5,
        ([_], [_]) => end > 0 && len >= 10,
        ([], [b'e']) if end == 0 => len >= 5,
        ([], [letter]) | ([letter], []) => {
            let is_doubled = word.get(start - 1) == Some(letter);
            end > 0 && len >= if is_doubled { 6 } else { 8 }
        }
        _ => false,
    }
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
    fn words_that_people_use_side_by_side_are_not_mistaken_for_each_other() {
        for (word, known) in [
            ("duration", "duration"),
            ("tx_bytes", "rx_bytes"),
            ("line_1", "line_2"),
            ("line_1_2", "line_12"),
            ("status", "state"),
            ("status", "states"),
            ("min_time", "max_time"),
            ("id", "ip"),
            ("key", "keys"),
            ("mode", "code"),
            ("mode", "model"),
            ("code", "codec"),
            ("form", "from"),
            ("port", "part"),
            ("chat", "chart"),
            ("route", "routes"),
            ("route", "router"),
            ("outcome", "outcomes"),
            ("region", "reason"),
            ("content", "context"),
            ("county", "country"),
            ("parent_id", "child_id"),
            ("queue_time", "query_time"),
            ("", "kind"),
            ("_", "."),
            ("größe", "größer"),
        ] {
            assert_eq!(mistaken_for(word, [known]), None, "{word} and {known}");
            assert_eq!(mistaken_for(known, [word]), None, "{known} and {word}");
        }
    }

    #[test]
    fn slips_of_the_pen_are_found() {
        for (word, known) in [
            ("durtion", "duration"),
            ("duraton", "duration"),
            ("duratioon", "duration"),
            ("stauts", "status"),
            ("rout", "route"),
            ("comand", "command"),
            ("outcom", "outcome"),
            ("conmection", "connection"),
            ("Route", "route"),
            ("http_route", "http.route"),
            ("httproute", "http_route"),
            ("httpRoute", "http_route"),
            ("line_1", "line.1"),
            ("total_durtion", "total_duration"),
        ] {
            let found = mistaken_for(word, ["unlike", known, "elsewhere"]);
            assert_eq!(found, Some(known), "{word}");
        }
    }

    #[test]
    fn long_words_and_bytes_that_are_no_letters_do_no_harm() {
        let long = "a".repeat(1_000_000);
        assert_eq!(
            nearest(&long, ["b", &*format!("{long}b")]),
            Some(&*format!("{long}b"))
        );
        assert_eq!(nearest("größe", ["grösse"]), Some("grösse"));
        assert_eq!(mistaken_for("grö", ["gr", "größ", "über", ""]), None);
        assert_eq!(
            mistaken_for("länge_gesmt", ["länge_gesamt"]),
            None,
            "a short word"
        );
        assert_eq!(
            mistaken_for("längenwrte", ["längenwerte"]),
            Some("längenwerte")
        );
    }
}
