//! [`Rule`]: where we answer differently on purpose, and what we promise instead.

/// What follows where a rule makes the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// We answer something else, which the prediction says to the letter.
    Differs,
    /// There is nothing to run: what the case says cannot be written here.
    NotApplicable,
}

/// One deliberate difference from the original.
///
/// A rule is decided by a property of what a case **puts in**, never by its id or by what it
/// expects: the crate's prediction of the answer asks at the place where the two differ
/// whether the rule holds (see [`Holds`]). So a rule says both what the original answers and what
/// we answer, and neither may come out otherwise.
#[derive(Debug, Clone, Copy)]
pub struct Rule<R: 'static> {
    /// Which.
    pub id: R,
    /// What follows.
    pub means: Means,
    /// The property of a case to which it applies.
    pub property: &'static str,
    /// Why we differ.
    pub reason: &'static str,
    /// What is asserted instead.
    pub promise: &'static str,
}

impl<R: Copy> Rule<R> {
    /// One by which cases differ.
    #[must_use]
    pub const fn differs(
        id: R,
        property: &'static str,
        reason: &'static str,
        promise: &'static str,
    ) -> Self {
        Self {
            id,
            means: Means::Differs,
            property,
            reason,
            promise,
        }
    }
}

/// Which rules hold in a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds<R> {
    /// None: the original's answer.
    None,
    /// All: our answer.
    All,
    /// All but one, to learn whether that one makes a difference.
    AllBut(R),
    /// One only, likewise.
    Only(R),
}

impl<R: Copy + PartialEq> Holds<R> {
    /// Whether this rule does.
    pub fn has(self, rule: R) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::AllBut(other) => rule != other,
            Self::Only(only) => rule == only,
        }
    }
}
