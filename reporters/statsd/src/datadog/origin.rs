//! Where something came from: the fields by which an agent finds out the container, and with it
//! tags such as the pod's name.

use std::fmt::Write;

/// How many tags an agent adds of those it knows of the container.
///
/// Datadog bills by distinct combinations of tags, and the detailed ones have many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cardinality {
    /// None.
    None,
    /// Those of few values: the image, the deployment.
    Low,
    /// And the pod's or the task's.
    Orchestrator,
    /// And the container's own.
    High,
}

impl Cardinality {
    fn text(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Orchestrator => "orchestrator",
            Self::High => "high",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [Self::None, Self::Low, Self::Orchestrator, Self::High];
        all.into_iter()
            .find(|one| one.text().eq_ignore_ascii_case(text.trim()))
    }
}

/// What is known of where we run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) container: Option<String>,
    pub(crate) external_data: Option<String>,
    pub(crate) cardinality: Option<Cardinality>,
}

impl Origin {
    /// `|c:ci-..|e:..|card:low`, or nothing.
    pub(crate) fn fields(&self) -> String {
        let mut fields = String::new();
        for (name, text) in [("c", &self.container), ("e", &self.external_data)] {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                let reserved = |c: char| c == '|' || c.is_whitespace() || c.is_control();
                let text = text.replace(reserved, "_");
                let _ = write!(fields, "|{name}:{text}");
            }
        }
        if let Some(cardinality) = self.cardinality {
            let _ = write!(fields, "|card:{}", cardinality.text());
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_hold_no_separator() {
        assert_eq!(Origin::default().fields(), "");
        let origin = Origin {
            container: Some("ci-a|b".into()),
            external_data: Some("it-false,cn-web,pu-1\n".into()),
            cardinality: Some(Cardinality::High),
        };
        assert_eq!(
            origin.fields(),
            "|c:ci-a_b|e:it-false,cn-web,pu-1_|card:high"
        );
    }

    #[test]
    fn a_cardinality_is_one_of_four() {
        assert_eq!(Cardinality::parse(" LOW "), Some(Cardinality::Low));
        assert_eq!(Cardinality::parse("medium"), None);
    }
}
