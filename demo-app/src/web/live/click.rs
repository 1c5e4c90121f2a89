//! What a visitor can click, and what it takes.

use std::fmt;
use std::time::Duration;

/// The buttons. Nothing that a client sends is a name: what is none of these is `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Click {
    Quick,
    Steady,
    Slow,
    Raise,
}

impl Click {
    pub(super) const ALL: [Self; 4] = [Self::Quick, Self::Steady, Self::Slow, Self::Raise];

    /// What the client sends, and the metadata `event`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Steady => "steady",
            Self::Slow => "slow",
            Self::Raise => "raise",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|click| click.name() == text)
    }

    pub(super) const fn delay(self) -> Duration {
        match self {
            Self::Quick => Duration::from_millis(50),
            Self::Steady => Duration::from_millis(500),
            Self::Slow => Duration::from_secs(2),
            Self::Raise => Duration::ZERO,
        }
    }

    /// Does what the button is for, the `nth` time of this visit.
    pub(super) async fn handle(self, nth: u32) -> Result<(), Fault> {
        tokio::time::sleep(self.delay()).await;
        match self {
            Self::Steady if nth.is_multiple_of(STUMBLES_EVERY) => Err(Fault::Stumbled),
            Self::Raise => panic!("the button that panics was clicked"),
            _ => Ok(()),
        }
    }
}

/// Which clicks of the steady button fail.
pub(super) const STUMBLES_EVERY: u32 = 4;

/// Why a click was not handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It was the steady button's turn to fail.
    Stumbled,
    /// No button is called so.
    Unknown,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stumbled => "every fourth click of this button fails",
            Self::Unknown => "there is no such button",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_button_or_nothing() {
        for click in Click::ALL {
            assert_eq!(Click::parse(click.name()), Some(click));
        }
        for other in ["", "Quick", "quick ", "<script>", "\0"] {
            assert_eq!(Click::parse(other), None, "{other:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_steady_button_stumbles_now_and_then() {
        for nth in 1..=8 {
            let handled = Click::Steady.handle(nth).await;
            assert_eq!(handled.is_err(), nth % STUMBLES_EVERY == 0, "{nth}");
            assert_eq!(Click::Quick.handle(nth).await, Ok(()));
        }
    }
}
