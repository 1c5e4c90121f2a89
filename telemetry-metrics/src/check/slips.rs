//! What looks like a slip of the pen, where the word may just as well be right.
//!
//! Here a false alarm is worse than a typo that is missed: it is about a definition that is right,
//! and with [`Check::Deny`](super::Check::Deny) nothing starts.

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

/// The known event of which `event` looks like a slip of the pen, where some name made at run time
/// may just as well be `event`.
///
/// A name says more than a key: somebody would have had to choose one at run time whose every other
/// segment is that of a written one, so a slip within a segment may be in a shorter word (`requst`,
/// `updte`, `slw`). What people do call each other's neighbours stays as it is: one that differs
/// in digits (`v1`, `v2`), in a word's ending (`read`, `reads`) or first letter (`rx`, `tx`), in a
/// replaced letter, unless the word is long (`get`, `set`; `app`, `api`), or in its segments.
pub(crate) fn misspelt_name<'w>(
    event: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let slip = |known: &&str| is_slip(event, known) || is_slip_in_one_segment(event, known);
    known.into_iter().find(slip)
}

fn is_slip(key: &str, known: &str) -> bool {
    if key == known {
        return false;
    }
    if is_known_otherwise_spelt(key, known) {
        return true;
    }
    // Word by word, so that the others do not make a short one count as long.
    only_unlike(words(key), words(known)).is_some_and(|(a, b)| is_slip_in_word(a, b, &IN_KEYS))
}

fn is_slip_in_one_segment(event: &str, known: &str) -> bool {
    let (segments, others) = (event.split('.'), known.split('.'));
    // A name of one segment is no more than a word.
    let slip = only_unlike(segments, others).filter(|_| event.contains('.'));
    slip.and_then(|(a, b)| only_unlike(words(a), words(b)))
        .is_some_and(|(a, b)| is_slip_in_word(a, b, &IN_NAMES))
}

/// The one pair in which they differ, if they are equally many and there is just one.
fn only_unlike<'a, 'b>(
    these: impl Iterator<Item = &'a str>,
    mut those: impl Iterator<Item = &'b str>,
) -> Option<(&'a str, &'b str)> {
    let mut unlike = None;
    for this in these {
        let that = those.next()?;
        if this != that && unlike.replace((this, that)).is_some() {
            return None;
        }
    }
    unlike.filter(|_| those.next().is_none())
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

/// How long a word must be at least, the longer of the two, for an edit to be taken for a slip.
struct Shortest {
    /// Another letter inside.
    replaced: usize,
    /// A letter too few inside.
    lost: usize,
    /// That letter being the only vowel.
    only_vowel_lost: usize,
}

const IN_KEYS: Shortest = Shortest {
    replaced: 10,
    lost: 8,
    only_vowel_lost: 8,
};

const IN_NAMES: Shortest = Shortest {
    replaced: 8,
    lost: 6,
    only_vowel_lost: 4,
};

/// Words that are another one without a letter inside, such as `create`, `shared` or `replay`, and
/// how words begin that are made of them.
const ARE_WORDS: [&str; 32] = [
    "cashed", "compete", "contact", "county", "crate", "demon", "diver", "faction", "fight",
    "inset", "lunch", "medial", "metal", "naive", "payer", "phase", "relay", "reply", "reuse",
    "sender", "sever", "shard", "stain", "stale", "state", "stated", "steam", "sting", "tailer",
    "tread", "treat", "widow",
];

fn is_slip_in_word(word: &str, known: &str, shortest: &Shortest) -> bool {
    let shorter = std::cmp::min_by_key(word, known, |word| word.len());
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
    // Before a plural's `s` is the end as well: `routes` and `routers`, `analysis` and `analyses`.
    let is_inside = end > usize::from(word.last() == Some(&b's'));
    match (in_word, in_known) {
        ([a1, a2], [b1, b2]) => (a1, a2) == (b2, b1) && len >= 5,
        ([_], [_]) => is_inside && len >= shortest.replaced,
        ([], [b'e']) if end == 0 => len >= 5,
        ([], [letter]) | ([letter], []) => {
            let is_doubled = word.get(start - 1) == Some(letter);
            let is_lost = in_word.is_empty();
            let is_another_word = ARE_WORDS.iter().any(|word| shorter.starts_with(word));
            let enough = if is_doubled {
                6
            } else if !is_lost {
                8
            } else if is_vowel(letter) && !word.iter().any(is_vowel) {
                shortest.only_vowel_lost
            } else {
                shortest.lost
            };
            is_inside && len >= enough && !is_another_word
        }
        _ => false,
    }
}

fn is_vowel(letter: &u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("route_handles", "route_handlers"),
            ("contact", "contract"),
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
    fn names_that_people_use_side_by_side_are_not_mistaken_for_each_other() {
        for (event, known) in [
            ("web.request.stop", "web.request.stop"),
            ("web.request.stop", "web.requests.stop"),
            ("db.read.stop", "db.reads.stop"),
            ("a.b", "a.c"),
            ("a.b.stop", "a.c.stop"),
            ("api.v1.stop", "api.v2.stop"),
            ("api.v1.stop", "api.v11.stop"),
            ("api.request.stop", "app.request.stop"),
            ("web.request.stop", "wob.request.stop"),
            ("net.rx.bytes", "net.tx.bytes"),
            ("cache.get.stop", "cache.set.stop"),
            ("shop.db.query", "shop.kv.query"),
            ("shop.mail.send", "shop.email.send"),
            ("wallet.send.stop", "wallet.spend.stop"),
            ("http.path.stop", "http.patch.stop"),
            ("web.form.stop", "web.forum.stop"),
            ("web.form.stop", "web.from.stop"),
            ("app.rest.stop", "app.reset.stop"),
            ("app.remove.stop", "app.remote.stop"),
            ("app.project.saved", "app.protect.saved"),
            ("jobs.worker.started", "jobs.workers.started"),
            ("jobs.worker.started", "jobs.worker.starts"),
            ("cache.write.stop", "cache.writer.stop"),
            ("net.routes.updated", "net.routers.updated"),
            ("app.stats.stop", "app.states.stop"),
            ("lab.analysis.stop", "lab.analyses.stop"),
            ("order.create.stop", "order.created.stop"),
            ("queue.message.lock", "queue.message.block"),
            ("db.shard.read", "db.shared.read"),
            ("outbox.relay.stop", "outbox.replay.stop"),
            ("cargo.crate.stop", "cargo.create.stop"),
            ("crm.contact.saved", "crm.contract.saved"),
            ("crm.contacts.loaded", "crm.contracts.loaded"),
            ("outbox.relayed", "outbox.replayed"),
            ("conn.reused", "conn.refused"),
            ("shop.sql.query", "shop.query"),
            // Two segments are another name, whatever each is like.
            ("web.requst.stpo", "web.request.stop"),
            ("requst", "request"),
            ("web.requst", "web.request.stop"),
            ("web..stop", "web.a.stop"),
            ("web.größe.stop", "web.größer.stop"),
        ] {
            assert_eq!(misspelt_name(event, [known]), None, "{event} and {known}");
            assert_eq!(misspelt_name(known, [event]), None, "{known} and {event}");
        }
    }

    #[test]
    fn slips_within_one_segment_of_a_name_are_found() {
        for (event, known) in [
            ("web.requst.stop", "web.request.stop"),
            ("web.reqest.stop", "web.request.stop"),
            ("web.reqeust.stop", "web.request.stop"),
            ("app.slw.stop", "app.slow.stop"),
            ("shop.chekout.stop", "shop.checkout.stop"),
            ("app.serch.stop", "app.search.stop"),
            ("shop.order.udate", "shop.order.update"),
            ("shop.order.dellete", "shop.order.delete"),
            ("shop.order_updte_all.stop", "shop.order_update_all.stop"),
            ("shop.chackout.stop", "shop.checkout.stop"),
            ("app.dashboerd.stop", "app.dashboard.stop"),
            ("Web.Request.stop", "web.request.stop"),
        ] {
            let all = ["unlike", known, "web.elsewhere.stop"];
            let found = misspelt_name(event, all);
            assert_eq!(found, Some(known), "{event}");
        }
    }

    #[test]
    fn bytes_that_are_no_letters_do_no_harm() {
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
        let odd = ["", ".", "..", "a.", ".a", "ö.ü"];
        for event in odd {
            for known in odd {
                assert_eq!(misspelt_name(event, [known]), None, "{event} and {known}");
            }
        }
    }
}
