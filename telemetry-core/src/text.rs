//! [`Text`]: the text of an owned value, without an allocation if it is short.
//!
//! An owned event copies the texts of its metadata, most of which are short: a method, a route, a
//! table. An allocation for each would cost more than everything else that is done with it.

use std::fmt;

/// So that a text is three words in all.
const INLINE: usize = 22;

/// A text that does not change.
#[derive(Clone)]
pub(crate) enum Text {
    /// UTF-8 as far as `len` goes.
    Inline {
        len: u8,
        bytes: [u8; INLINE],
    },
    Heap(Box<str>),
}

impl Text {
    #[inline]
    pub(crate) fn new(text: &str) -> Self {
        if text.len() > INLINE {
            return Self::Heap(text.into());
        }
        let mut bytes = [0; INLINE];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Self::Inline {
            len: text.len() as u8,
            bytes,
        }
    }

    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            // Looked at again on each use, because this crate has no `unsafe`. For so short a text
            // that is still cheaper than an allocation.
            Self::Inline { len, bytes } => {
                std::str::from_utf8(&bytes[..usize::from(*len)]).unwrap_or_default()
            }
            Self::Heap(text) => text,
        }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        if text.len() > INLINE {
            Self::Heap(text.into())
        } else {
            Self::new(&text)
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_what_it_was_made_of_whatever_its_length() {
        for len in 0..40 {
            let text = "ü".repeat(len / 2) + &"x".repeat(len % 2);
            assert_eq!(Text::new(&text).as_str(), text);
            assert_eq!(Text::from(text.clone()).as_str(), text);
        }
        assert_eq!(Text::new("a"), Text::Heap("a".into()));
    }

    #[test]
    fn a_text_is_three_words() {
        assert_eq!(size_of::<Option<Text>>(), 24);
    }
}
