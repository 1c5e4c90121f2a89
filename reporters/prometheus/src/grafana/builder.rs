//! [`DashboardBuilder`]: what a dashboard is to have, checked.

use crate::grafana::dashboard::Dashboard;
use crate::grafana::error::GrafanaError;
use crate::grafana::panel::Panel;
use crate::grafana::part::Part;
use crate::grafana::role::Role;
use crate::grafana::signals::{self, Chosen, Signal};
use crate::reporter::Prometheus;

const MAX_UID_LEN: usize = 40;

/// Makes a [`Dashboard`]; made by [`Dashboard::builder`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct DashboardBuilder {
    pub(super) prometheus: Prometheus,
    pub(super) title: String,
    pub(super) uid: Option<String>,
    pub(super) description: Option<String>,
    pub(super) tags: Vec<String>,
    /// By [`Signal::ALL`].
    signals: [Option<String>; 4],
    roles: Vec<(Role, String)>,
    pub(super) part: Part,
    pub(super) links: Vec<(String, String)>,
    pub(super) panels: Vec<Panel>,
    pub(super) rows: Vec<Row>,
}

/// A row of somebody's own.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) title: String,
    pub(super) panels: Vec<Panel>,
    pub(super) is_folded: bool,
}

impl DashboardBuilder {
    pub(super) fn new(prometheus: Prometheus) -> Self {
        Self {
            prometheus,
            title: String::new(),
            uid: None,
            description: None,
            tags: vec!["telemetry".to_owned()],
            signals: [const { None }; 4],
            roles: Vec::new(),
            part: Part::default(),
            links: Vec::new(),
            panels: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// The title; `Telemetry` unless it is called, or if it is blank.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// What Grafana knows the dashboard by: importing one with the uid of another replaces it. 1 to
    /// 40 ASCII letters, digits, `-` and `_`. Made from the title unless it is called, so that a
    /// dashboard that is made again replaces the one before.
    pub fn uid(mut self, uid: impl Into<String>) -> Self {
        self.uid = Some(uid.into());
        self
    }

    /// What the dashboard is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The tags by which Grafana finds the dashboard; `telemetry` unless it is called.
    pub fn tags<T: Into<String>>(mut self, tags: impl IntoIterator<Item = T>) -> Self {
        self.tags = tags.into_iter().map(Into::into).collect();
        self
    }

    /// Names the definition that counts what is asked for: a counter, a sum, a distribution or a
    /// summary. [How it is found otherwise](crate::grafana#golden-signals).
    pub fn rate(self, definition: impl Into<String>) -> Self {
        self.signal(Signal::Rate, definition)
    }

    /// Names the definition that counts failures: a counter, a distribution or a summary. If it
    /// has a tag `outcome` or `status`, only those that failed count, as a share of all; otherwise
    /// all of it, as a share of the rate.
    pub fn errors(self, definition: impl Into<String>) -> Self {
        self.signal(Signal::Errors, definition)
    }

    /// Names the definition of how long it takes: a distribution, or a summary.
    pub fn duration(self, definition: impl Into<String>) -> Self {
        self.signal(Signal::Duration, definition)
    }

    /// Names the definition of how full it is, of any kind.
    pub fn saturation(self, definition: impl Into<String>) -> Self {
        self.signal(Signal::Saturation, definition)
    }

    /// Names the definition that plays a role on the rows *Cost*, *Runtime* and *Database*; of several
    /// databases, on the row of the first. [How it is found otherwise](Role).
    ///
    /// ```
    /// # use telemetry_metrics::{Aggregator, counter, sum};
    /// # use telemetry_prometheus::Prometheus;
    /// use telemetry_prometheus::grafana::{Dashboard, Role};
    ///
    /// # let aggregator = Aggregator::builder()
    /// #     .metrics([
    /// #         counter("shop.web.stop.count").tags(["route"]),
    /// #         sum("shop.accounting.cpu").seconds(),
    /// #     ])
    /// #     .start()?;
    /// # let prometheus = Prometheus::new(&aggregator)?;
    /// let dashboard = Dashboard::builder(&prometheus)
    ///     .role(Role::CpuTime, "shop.accounting.cpu")
    ///     .build()?;
    /// assert!(dashboard.to_json().contains("CPU per request"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn role(mut self, role: Role, definition: impl Into<String>) -> Self {
        self.roles.push((role, definition.into()));
        self
    }

    /// Makes it a dashboard of a part of the program: of the definitions whose names begin with one of
    /// these. What a request costs is still told from all of them.
    pub fn only<T: Into<String>>(mut self, prefixes: impl IntoIterator<Item = T>) -> Self {
        let prefixes = prefixes.into_iter().map(Into::into);
        self.part.only.get_or_insert_default().extend(prefixes);
        self
    }

    /// Leaves out the definitions whose names begin with one of these: they are on another dashboard.
    pub fn except<T: Into<String>>(mut self, prefixes: impl IntoIterator<Item = T>) -> Self {
        self.part
            .except
            .extend(prefixes.into_iter().map(Into::into));
        self
    }

    /// Adds a link to the top of the dashboard, such as one to the traces or to a runbook. It opens
    /// beside the dashboard, takes the chosen time with it, and may have variables such as `$job` in it.
    pub fn link(mut self, title: impl Into<String>, url: impl Into<String>) -> Self {
        self.links.push((title.into(), url.into()));
        self
    }

    /// Adds a panel of your own beside the golden signals.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Adds a row of panels of your own, beneath the golden signals.
    pub fn row(
        mut self,
        title: impl Into<String>,
        panels: impl IntoIterator<Item = Panel>,
    ) -> Self {
        let panels = panels.into_iter().collect();
        self.rows.push(Row {
            title: title.into(),
            panels,
            is_folded: false,
        });
        self
    }

    /// The same, folded: its panels are seen, and ask, once somebody opens the row.
    pub fn folded_row(
        mut self,
        title: impl Into<String>,
        panels: impl IntoIterator<Item = Panel>,
    ) -> Self {
        self = self.row(title, panels);
        if let Some(row) = self.rows.last_mut() {
            row.is_folded = true;
        }
        self
    }

    /// Checks the settings and makes the dashboard.
    ///
    /// # Errors
    ///
    /// A [`GrafanaError`] if a definition that was named is not there or cannot be what it was named for, or
    /// if Grafana would not take the uid.
    pub fn build(self) -> Result<Dashboard, GrafanaError> {
        if let Some(uid) = &self.uid {
            let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if uid.is_empty() || uid.len() > MAX_UID_LEN || !uid.bytes().all(valid) {
                return Err(GrafanaError::Uid(uid.clone()));
            }
        }
        let families = self.prometheus.families();
        let mut chosen: Chosen<'_> = [None; 4];
        for ((signal, name), chosen) in Signal::ALL.into_iter().zip(&self.signals).zip(&mut chosen)
        {
            if let Some(name) = name {
                *chosen = Some(signals::choose(families, signal, name)?);
            }
        }
        let roles = self.roles.iter();
        let roles: Result<Vec<_>, _> = roles
            .map(|(role, name)| Ok((*role, role.choose(families, name)?)))
            .collect();
        Ok(self.make(&chosen, &roles?))
    }

    fn signal(mut self, signal: Signal, definition: impl Into<String>) -> Self {
        self.signals[signal as usize] = Some(definition.into());
        self
    }
}
