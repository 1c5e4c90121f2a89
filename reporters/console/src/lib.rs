//! Console reporter.
