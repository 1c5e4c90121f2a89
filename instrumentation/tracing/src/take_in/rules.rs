//! All rules, and which of them fits.
//!
//! Usually there are a few, which are tried one by one: that is quickest, and it is done for every
//! event that any other layer wants. But there may be thousands; then the target of an event and
//! those that it is below are looked up.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use telemetry::EventName;
use tracing::{Level, Metadata};

use super::rule::{Rule, Targets};
use crate::forward::FORWARDED;

/// Up to so many are tried one by one.
const FEW: usize = 8;

#[derive(Debug)]
pub(super) struct Rules {
    all: Vec<(Rule, EventName)>,
    /// Places in `all`, in their order.
    exactly: Index,
    below: Index,
    everywhere: Vec<usize>,
}

type Index = HashMap<Box<str>, Vec<usize>, RandomState>;

/// What a rule is chosen by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought<'s> {
    pub(super) target: &'s str,
    pub(super) level: Level,
    /// `None` asks whether any would be wanted.
    pub(super) name: Option<&'s str>,
}

impl<'s> Sought<'s> {
    /// `None` for what is never taken in: spans, and what was forwarded, which is ours already.
    pub(super) fn of(metadata: &'s Metadata<'_>) -> Option<Self> {
        if metadata.is_span() || metadata.module_path() == Some(FORWARDED) {
            return None;
        }
        Some(Self {
            target: metadata.target(),
            level: *metadata.level(),
            // `tracing::enabled!` has a name of its own.
            name: metadata.is_event().then(|| metadata.name()),
        })
    }

    fn fits(&self, rule: &Rule) -> bool {
        rule.fits(self.level, self.name)
    }
}

impl Rules {
    pub(super) fn new(all: Vec<(Rule, EventName)>) -> Self {
        let (mut exactly, mut below) = (Index::default(), Index::default());
        let mut everywhere = Vec::new();
        for (at, (rule, _)) in all.iter().enumerate() {
            match rule.targets() {
                Targets::Exactly(target) => exactly.entry(target.as_str().into()).or_default(),
                Targets::Below(target) => below.entry(target.as_str().into()).or_default(),
                Targets::All => &mut everywhere,
            }
            .push(at);
        }
        Self {
            all,
            exactly,
            below,
            everywhere,
        }
    }

    /// The first rule that fits.
    pub(super) fn choose(&self, sought: Sought<'_>) -> Option<&(Rule, EventName)> {
        if self.all.len() > FEW {
            return self.look_up(sought).map(|at| &self.all[at]);
        }
        self.all
            .iter()
            .find(|(rule, _)| rule.targets().have(sought.target) && sought.fits(rule))
    }

    fn look_up(&self, sought: Sought<'_>) -> Option<usize> {
        let mut best = None;
        let mut consider = |places: &[usize]| {
            let fits = |at: &usize| sought.fits(&self.all[*at].0);
            let first = places.iter().copied().find(fits);
            best = first.into_iter().chain(best).min();
        };
        consider(lookup(&self.exactly, sought.target));
        consider(&self.everywhere);
        if !self.below.is_empty() {
            let mut target = sought.target;
            consider(lookup(&self.below, target));
            while let Some((above, _)) = target.rsplit_once("::") {
                consider(lookup(&self.below, above));
                target = above;
            }
        }
        best
    }

    pub(super) fn most_verbose(&self) -> Option<Level> {
        self.all.iter().map(|(rule, _)| rule.most_verbose()).max()
    }
}

fn lookup<'i>(index: &'i Index, target: &str) -> &'i [usize] {
    if index.is_empty() {
        return &[];
    }
    index.get(target).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: impl IntoIterator<Item = Rule>) -> Rules {
        let named = rules.into_iter().map(|rule| {
            let name = EventName::new(&rule.event).unwrap();
            (rule, name)
        });
        Rules::new(named.collect())
    }

    #[test]
    fn the_first_that_fits_is_chosen_whatever_kind_it_is() {
        let rules = rules([
            Rule::target("a::b", "rules.named").name("other"),
            Rule::below("a", "rules.below").level(Level::INFO),
            Rule::target("a::b", "rules.exact"),
            Rule::all("rules.all").level(Level::WARN),
            Rule::below("c::d", "rules.late"),
            Rule::target("c::d", "rules.too.late"),
        ]);
        assert!(rules.all.len() <= FEW);
        let chosen = |target, level| {
            let sought = Sought {
                target,
                level,
                name: Some("n"),
            };
            let chosen = rules.choose(sought).map(|(rule, _)| rule.event.as_str());
            let looked_up = rules.look_up(sought).map(|at| &*rules.all[at].0.event);
            assert_eq!(chosen, looked_up);
            chosen
        };
        assert_eq!(chosen("a::b", Level::INFO), Some("rules.below"));
        assert_eq!(chosen("a::b", Level::DEBUG), Some("rules.exact"));
        assert_eq!(chosen("a", Level::INFO), Some("rules.below"));
        assert_eq!(chosen("a::b::c::d", Level::INFO), Some("rules.below"));
        assert_eq!(chosen("ab", Level::INFO), None);
        assert_eq!(chosen("a:b", Level::INFO), None);
        assert_eq!(chosen("c::d", Level::ERROR), Some("rules.all"));
        assert_eq!(chosen("c::d", Level::INFO), Some("rules.late"));
        assert_eq!(chosen("c", Level::INFO), None);
        assert_eq!(chosen("", Level::WARN), Some("rules.all"));
        assert_eq!(rules.most_verbose(), Some(Level::TRACE));
    }
}
