//! Metrics: from the aggregator to the body of a request.
