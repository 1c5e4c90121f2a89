//! [`Value`] and [`Attributes`]: what spans, points, resources and scopes say of themselves.

use std::ops::Index;

/// A typed value of OTLP.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `string_value`
    Text(String),
    /// `int_value`
    Int(i64),
    /// `double_value`
    Double(f64),
    /// `bool_value`
    Bool(bool),
    /// `bytes_value`
    Bytes(Vec<u8>),
    /// `array_value`
    List(Vec<Value>),
    /// `kvlist_value`
    Map(Attributes),
    /// None at all.
    Nothing,
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

/// Attributes in the order in which they were sent. A key that was sent twice is here twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attributes(pub Vec<(String, Value)>);

impl Attributes {
    /// The value of a key, if it was sent.
    ///
    /// # Panics
    ///
    /// If it was sent twice, which OTLP forbids.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let mut found = self.0.iter().filter(|(known, _)| known == key);
        let value = found.next().map(|(_, value)| value);
        assert!(found.next().is_none(), "{key} is there twice: {self:?}");
        value
    }

    /// The text of a key, if it was sent, and is text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The value of a key.
///
/// # Panics
///
/// If there is none.
impl Index<&str> for Attributes {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        self.get(key)
            .unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(keys: &[&str]) -> Attributes {
        Attributes(
            keys.iter()
                .map(|key| ((*key).into(), 1_i64.into()))
                .collect(),
        )
    }

    #[test]
    fn a_value_is_found_by_its_key() {
        let attributes = attributes(&["a", "b"]);
        assert_eq!(attributes["b"], 1_i64.into());
        assert_eq!(attributes.get("c"), None);
        assert_eq!(attributes.text("a"), None, "a number is no text");
        assert_eq!(attributes.keys().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    #[should_panic = "is there twice"]
    fn a_key_that_was_sent_twice_is_no_answer() {
        let _ = attributes(&["a", "a"]).get("a");
    }
}
