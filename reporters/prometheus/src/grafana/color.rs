//! [`Color`]: what thresholds give values.

/// A colour of Grafana's palette, for [`Panel::threshold`](super::Panel::threshold).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Color {
    /// All is well.
    Green,
    /// To be looked at.
    Yellow,
    /// To be looked at soon.
    Orange,
    /// To be looked at now.
    Red,
    /// Neither good nor bad.
    Blue,
    /// As the text.
    Text,
}

impl Color {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Orange => "orange",
            Self::Red => "red",
            Self::Blue => "blue",
            Self::Text => "text",
        }
    }
}
