//! The same objectives and alarms for a Prometheus server: recording rules, alerting rules, a route for
//! Alertmanager, and what a dashboard shows of them.
