//! [`Compression`]: whether what is sent is made smaller.

/// Whether requests are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// They are sent as they are.
    #[default]
    None,
    /// By gzip, which all receivers know: about a tenth of the bytes, for some processor time on the
    /// reporter's thread. Needs the feature `gzip`.
    Gzip,
}

impl Compression {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            _ => Err(format!(
                "{} is neither `gzip` nor `none`",
                crate::environment::quoted(text)
            )),
        }
    }
}
