//! [`Format`]: which of the two dialects to speak.

/// The two dialects of StatsD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Plain StatsD, as Etsy's daemon and those after it read it. Tags become part of the name,
    /// `shop.endpoint.stop.count.GET.200:1|c`.
    #[default]
    Standard,
    /// DogStatsD: tags of their own, `shop.endpoint.stop.count:1|c|#method:GET,status:200`, and
    /// several values in one line.
    Datadog,
}
