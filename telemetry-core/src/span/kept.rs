//! The metadata of a span's start, kept for its end.
//!
//! All texts lie one behind the other in one string. A value is then small and `Copy`, and the
//! string's memory serves the next span: see `spare.rs`.

use std::time::Duration;

use smallvec::SmallVec;

use crate::Value;
use crate::owned::print_into;

/// A string that has grown beyond this is not kept for the next span.
const LARGE: usize = 1024;

pub(super) struct Kept {
    text: String,
    values: SmallVec<[Option<One>; 6]>,
}

#[derive(Clone, Copy)]
enum One {
    /// From here to there in the text.
    Text(usize, usize),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Char(char),
    Duration(Duration),
}

impl Kept {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            values: SmallVec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    #[inline]
    pub(super) fn keep(&mut self, values: &[Option<Value<'_>>]) {
        for value in values {
            let kept = value.map(|value| self.one(value));
            self.values.push(kept);
        }
    }

    #[inline]
    fn one(&mut self, value: Value<'_>) -> One {
        let start = self.text.len();
        match value {
            Value::Str(text) => self.text.push_str(text),
            Value::Signed(n) => return One::Signed(n),
            Value::Unsigned(n) => return One::Unsigned(n),
            Value::Float(n) => return One::Float(n),
            Value::Bool(flag) => return One::Bool(flag),
            Value::Char(one) => return One::Char(one),
            Value::Duration(time) => return One::Duration(time),
            printed => print_into(&mut self.text, &printed),
        }
        One::Text(start, self.text.len())
    }

    /// The values, in the order of their keys.
    #[inline]
    pub(super) fn values(&self) -> impl Iterator<Item = Option<Value<'_>>> {
        self.values.iter().map(|one| {
            Some(match (*one)? {
                One::Text(start, end) => Value::Str(self.text.get(start..end).unwrap_or_default()),
                One::Signed(n) => Value::Signed(n),
                One::Unsigned(n) => Value::Unsigned(n),
                One::Float(n) => Value::Float(n),
                One::Bool(flag) => Value::Bool(flag),
                One::Char(one) => Value::Char(one),
                One::Duration(time) => Value::Duration(time),
            })
        })
    }

    /// As new, but for a little memory.
    #[inline]
    pub(super) fn clear(&mut self) {
        if self.text.capacity() > LARGE || self.values.spilled() {
            *self = Self::new();
        }
        self.text.clear();
        self.values.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_and_texts_as_they_print() {
        let (long, printed) = ("é".repeat(2 * LARGE), crate::display(&7.5));
        let values = [
            Some(Value::Str("GET")),
            None,
            Some(Value::Str("")),
            Some(Value::Signed(-1)),
            Some(Value::Unsigned(u64::MAX)),
            Some(Value::Float(0.5)),
            Some(Value::Bool(true)),
            Some(Value::Char('ü')),
            Some(Value::Duration(Duration::MAX)),
            Some(Value::Str(&long)),
            Some(printed),
        ];
        let mut kept = Kept::new();
        for _ in 0..2 {
            kept.keep(&values);
            let mut expected = values;
            expected[10] = Some(Value::Str("7.5"));
            assert_eq!(kept.len(), values.len());
            assert_eq!(kept.values().collect::<Vec<_>>(), expected);
            kept.clear();
            assert_eq!(kept.len(), 0);
            assert!(kept.text.capacity() <= LARGE && !kept.values.spilled());
        }
    }
}
