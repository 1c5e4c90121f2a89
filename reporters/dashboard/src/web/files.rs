//! The files of `assets/`, by hand: a test compares this list with the folder.

use super::assets::File;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        pub(super) static FILES: [File; [$($name),*].len()] =
            [$(File::new($name, include_str!(concat!("../../assets/", $name)))),*];
    };
}

files![
    "app.js",
    "axis.js",
    "cards.js",
    "chart.js",
    "charts.css",
    "controls.js",
    "data.js",
    "delta.js",
    "dom.js",
    "events.js",
    "format.js",
    "heat.js",
    "hover.js",
    "icon.svg",
    "keyed.js",
    "legend.js",
    "lines.js",
    "metrics.js",
    "plot.js",
    "sections.js",
    "show.js",
    "stream.js",
    "style.css",
    "table.js",
    "tail.js",
    "theme.js",
    "tools.js",
    "trace.js",
    "traces.js",
    "tree.js",
    "values.js",
];
