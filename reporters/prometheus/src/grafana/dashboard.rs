//! [`Dashboard`]: what is on it, from top to bottom.

use crate::family::Family;
use crate::grafana::annotations;
use crate::grafana::builder::DashboardBuilder;
use crate::grafana::definitions;
use crate::grafana::escape::literal;
use crate::grafana::grid::Grid;
use crate::grafana::json::{Json, object};
use crate::grafana::panel::{COLUMNS, Panel};
use crate::grafana::promql::Scope;
use crate::grafana::role::Role;
use crate::grafana::rows::{self, Source};
use crate::grafana::signals::{self, Chosen, Golden, is_of_objective, is_own};
use crate::grafana::variables;
use crate::reporter::Prometheus;

/// The version of Grafana's JSON that is written, Grafana 11's; later ones bring it up to date
/// when they load it.
const SCHEMA_VERSION: u32 = 39;
/// So many further services have their rows open.
const MAX_OPEN: usize = 2;
const DEFAULT_TITLE: &str = "Telemetry";

/// A Grafana dashboard over what a [`Prometheus`] reporter shows.
///
/// ```
/// use telemetry_metrics::{Aggregator, counter, distribution};
/// use telemetry_prometheus::{Prometheus, grafana};
///
/// let aggregator = Aggregator::builder()
///     .metrics([
///         counter("shop.checkout.stop.count").tags(["currency", "outcome"]),
///         distribution("shop.checkout.stop.duration").tags(["currency"]),
///     ])
///     .start()?;
/// let prometheus = Prometheus::new(&aggregator)?;
/// let dashboard = grafana::Dashboard::builder(&prometheus)
///     .title("Shop")
///     .errors("shop.checkout.stop.count")
///     .panel(grafana::Panel::stat("Instances").query("count(up{job=~\"$job\"})", ""))
///     .build()?;
/// assert!(dashboard.to_json().contains("\"title\": \"shop.checkout.stop.duration\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dashboard {
    uid: String,
    json: Json,
}

impl Dashboard {
    /// Begins with everything that can be told from the reporter's definitions.
    pub fn builder(prometheus: &Prometheus) -> DashboardBuilder {
        DashboardBuilder::new(prometheus.clone())
    }

    /// What Grafana knows it by.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The text to import, or to write into a file that Grafana provisions dashboards from. The same
    /// settings and definitions give the same text.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json.pretty()
    }
}

/// The dashboard of a reporter's definitions, as JSON, with nothing but a title of your own.
///
/// ```
/// # use telemetry_metrics::{Aggregator, counter};
/// # use telemetry_prometheus::{Prometheus, grafana};
/// # let aggregator = Aggregator::builder().metrics([counter("shop.order.placed.count")]).start()?;
/// let prometheus = Prometheus::new(&aggregator)?;
/// let json = grafana::dashboard(&prometheus, "Shop");
/// assert!(json.contains("rate(shop_order_placed_count_total{"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn dashboard(prometheus: &Prometheus, title: &str) -> String {
    let builder = Dashboard::builder(prometheus).title(title);
    builder.make(&[None; 4], &[]).to_json()
}

impl DashboardBuilder {
    pub(super) fn make<'f>(
        &'f self,
        chosen: &Chosen<'f>,
        roles: &[(Role, &'f Family)],
    ) -> Dashboard {
        let families = self.prometheus.families();
        let variables = variables::of_labels(&self.prometheus.constant_tags());
        let scope = Scope::new(&variables, self.prometheus.quantiles());
        let title = match self.title.trim() {
            "" => DEFAULT_TITLE,
            title => title,
        };
        let uid = self.uid.clone().unwrap_or_else(|| uid_of(title));
        let mut json = object! { "uid": &*uid, "title": literal(title) };
        if let Some(description) = &self.description {
            json.put("description", literal(description));
        }
        let tags: Vec<Json> = self.tags.iter().map(|tag| Json::from(&**tag)).collect();
        json.put("tags", tags);
        json.put("editable", true);
        // One cross-hair in all panels.
        json.put("graphTooltip", 1);
        json.put("schemaVersion", SCHEMA_VERSION);
        json.put("timezone", "browser");
        json.put("refresh", "30s");
        json.put("time", object! { "from": "now-1h", "to": "now" });
        json.put("annotations", annotations::list(&self.prometheus, &scope));
        json.put("links", self.links());
        let list = variables::list(families, &variables);
        json.put("templating", object! { "list": list });
        json.put("panels", self.panels(families, &scope, chosen, roles));
        Dashboard { uid, json }
    }

    fn panels<'f>(
        &self,
        families: &'f [Family],
        scope: &Scope,
        chosen: &Chosen<'f>,
        roles: &[(Role, &'f Family)],
    ) -> Json {
        let mut grid = Grid::default();
        let all: Vec<&Family> = families.iter().filter(|family| is_own(family)).collect();
        let own: Vec<&Family> = all
            .iter()
            .copied()
            .filter(|one| self.part.has(one))
            .collect();
        let guessed = |families: &[&'f Family]| {
            let mut families = families.to_vec();
            families.retain(|family| !is_of_objective(family));
            families
        };
        let (known, known_of_all) = (guessed(&own), guessed(&all));
        let golden = Golden::main(&known, chosen);
        let mut first = golden.panels("", &known, scope);
        first.extend(self.panels.iter().cloned());
        if !first.is_empty() {
            grid.row(&golden_title(golden.span), &first);
        }
        for row in &self.rows {
            grid.row_folded_if(row.is_folded, &literal(&row.title), &row.panels);
        }
        services(&mut grid, &golden, &known, scope);
        let source = Source {
            own: &known,
            all: &known_of_all,
            named: roles,
            scope,
        };
        if let Some((title, panels)) = rows::cost(&golden, &source) {
            grid.row(&title, &panels);
        }
        let runtime = rows::runtime(&source);
        if !runtime.is_empty() {
            grid.row("Runtime", &runtime);
        }
        for (title, panels) in rows::databases(&source) {
            grid.row(&title, &panels);
        }
        for (title, panels) in of_definitions(&own, scope) {
            grid.row(title, &panels);
        }
        let library = families.iter().filter(|family| !is_own(family));
        let library = library.flat_map(|family| definitions::panels(family, scope, false));
        let library: Vec<Panel> = library.map(|panel| panel.width(COLUMNS / 3)).collect();
        grid.folded_row("Telemetry itself", &library);
        grid.into_json()
    }

    fn links(&self) -> Vec<Json> {
        let link = |(title, url): &(String, String)| {
            object! {
                "asDropdown": false,
                "icon": "external link",
                "includeVars": false,
                "keepTime": true,
                "tags": Vec::new(),
                "targetBlank": true,
                "title": literal(title),
                "tooltip": "",
                "type": "link",
                "url": &**url,
            }
        };
        self.links.iter().map(link).collect()
    }
}

fn golden_title(span: Option<&str>) -> String {
    match span {
        Some(span) => format!("Golden signals: {span}"),
        None => "Golden signals".to_owned(),
    }
}

/// A row for each further service, folded where there are many.
fn services(grid: &mut Grid, main: &Golden<'_>, own: &[&Family], scope: &Scope) {
    let mut services = signals::services(own);
    services.retain(|service| {
        main.span != Some(service.span) && !rows::is_about_database(service.span, own)
    });
    let is_folded = services.len() > MAX_OPEN;
    for service in &services {
        let panels = Golden::of(service, own).panels(service.span, own, scope);
        let title = golden_title(Some(service.span));
        grid.row_folded_if(is_folded, &title, &panels);
    }
}

/// The definitions' panels, those of one part of the program together.
fn of_definitions<'f>(own: &[&'f Family], scope: &Scope) -> Vec<(&'f str, Vec<Panel>)> {
    let mut rows: Vec<(&str, Vec<Panel>)> = Vec::new();
    for family in own {
        let name = family.definition.name();
        let same = own.iter().filter(|other| other.definition.name() == name);
        let panels = definitions::panels(family, scope, same.count() > 1);
        let part = part_of(family);
        match rows.iter_mut().find(|(known, _)| *known == part) {
            Some((_, row)) => row.extend(panels),
            None => rows.push((part, panels)),
        }
    }
    for (_, panels) in &mut rows {
        set_widths(panels);
    }
    rows
}

/// Three panels to a line; if there are heat maps two, and each beside the quantiles that it belongs
/// to.
fn set_widths(panels: &mut [Panel]) {
    if !panels.iter().any(Panel::is_heatmap) {
        panels
            .iter_mut()
            .for_each(|panel| panel.width = COLUMNS / 3);
        return;
    }
    let mut is_left = true;
    for at in 0..panels.len() {
        let has_heatmap = panels.get(at + 1).is_some_and(Panel::is_heatmap);
        if has_heatmap && !is_left {
            // Whatever stands before the two has a line to itself.
            panels[at - 1].width = COLUMNS;
            is_left = true;
        }
        panels[at].width = COLUMNS / 2;
        is_left = !is_left;
    }
}

/// The span that a family is about, or else what its event is a part of.
fn part_of(family: &Family) -> &str {
    if is_of_objective(family) {
        return "Objectives: definitions";
    }
    let definition = &family.definition;
    let event = definition
        .events()
        .first()
        .map_or(definition.name(), String::as_str);
    event.rsplit_once('.').map_or(event, |(part, _)| part)
}

/// The same for the same title always.
fn uid_of(title: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in title.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("telemetry-{hash:016x}")
}
