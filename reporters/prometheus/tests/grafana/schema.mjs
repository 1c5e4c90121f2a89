// Checks a dashboard against the types that Grafana publishes (npm `@grafana/schema`), and its panels'
// options, which `Dashboard` leaves open, against those of each kind of panel.
//
//     node schema.mjs NODE_MODULES DASHBOARD.json DIRECTORY
//
// Writes TypeScript into the directory and compiles it. Prints what the compiler says; fails if it
// says anything.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [modules, dashboardFile, directory] = process.argv.slice(2).map((path) => resolve(path));
const raw = join(modules, "@grafana/schema/dist/types/raw");
const compiler = join(modules, "typescript/bin/tsc");
for (const needed of [join(raw, "dashboard/x/types.gen.d.ts"), compiler]) {
  if (!existsSync(needed)) throw new Error(`${needed} is missing: install @grafana/schema and typescript`);
}

const { panels, ...rest } = JSON.parse(readFileSync(dashboardFile, "utf8"));
const type = {
  timeseries: "TimeSeries", stat: "Stat", heatmap: "Heatmap", gauge: "Gauge", table: "Table",
  "state-timeline": "StateTimeline",
};
// Each panel is a statement of its own, so that a key too much is found: in a list of panels or rows,
// the keys of both would do.
const statements = [];
const declare = ({ panels, ...panel }) => {
  const name = `panel${panel.id}`;
  if (panel.type === "row") {
    const inside = panels.map(declare);
    const row = { ...panel, panels: "INSIDE" };
    const text = JSON.stringify(row, null, 2).replace('"INSIDE"', `[${inside.join(", ")}]`);
    statements.push(`export const ${name}: Row = ${text};`);
  } else {
    if (!(panel.type in type)) throw new Error(`no types are known for panels of type ${panel.type}`);
    statements.push(`export const ${name}: ${type[panel.type]} = ${JSON.stringify({ ...panel, panels }, null, 2)};`);
  }
  return name;
};
const names = panels.map(declare);
const text = JSON.stringify({ ...rest, panels: "PANELS" }, null, 2);

writeFileSync(join(directory, "dashboard.ts"), `
import type * as schema from ${JSON.stringify(join(raw, "dashboard/x/types.gen"))};
import type * as timeseries from ${JSON.stringify(join(raw, "composable/timeseries/panelcfg/x/types.gen"))};
import type * as heatmap from ${JSON.stringify(join(raw, "composable/heatmap/panelcfg/x/types.gen"))};
import type * as gauge from ${JSON.stringify(join(raw, "composable/gauge/panelcfg/x/types.gen"))};
import type * as table from ${JSON.stringify(join(raw, "composable/table/panelcfg/x/types.gen"))};
import type * as states from ${JSON.stringify(join(raw, "composable/statetimeline/panelcfg/x/types.gen"))};
import type * as stat from ${JSON.stringify(join(raw, "composable/stat/panelcfg/x/types.gen"))};

// Texts for the enums, which TypeScript would want to be named.
type Plain<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
// Wherever a type could not be found it would be \`any\`, and everything would pass.
type Known<T> = 0 extends 1 & T ? never : T;

// The Prometheus data source publishes no types; these are the keys of its queries that we know.
interface Query {
  refId: string;
  datasource: schema.DataSourceRef;
  editorMode: "code" | "builder";
  exemplar: boolean;
  expr: string;
  format: "time_series" | "heatmap" | "table";
  instant: boolean;
  legendFormat: string;
  range: boolean;
}
type Of<Type, Options, Custom> = Omit<Plain<Known<schema.Panel>>, "type" | "options" | "fieldConfig" | "targets"> & {
  type: Type;
  options: Plain<Known<Options>>;
  fieldConfig: {
    defaults: Omit<Plain<Known<schema.FieldConfig>>, "custom"> & { custom?: Plain<Known<Custom>> };
    overrides: Plain<Known<schema.FieldConfigSource>>["overrides"];
  };
  targets: Query[];
};
type TimeSeries = Of<"timeseries", timeseries.Options, timeseries.FieldConfig>;
type Heatmap = Of<"heatmap", heatmap.Options, heatmap.FieldConfig>;
type Stat = Of<"stat", stat.Options, never>;
// Version 13 has more to say of how it looks than those before it read.
type Gauge = Of<"gauge", Partial<gauge.Options>, never>;
type Table = Of<"table", table.Options, table.FieldConfig>;
type StateTimeline = Of<"state-timeline", states.Options, states.FieldConfig>;
type Inside = TimeSeries | Heatmap | Stat | Gauge | Table | StateTimeline;
// What the Prometheus data source reads of an annotation, which is published no more than its queries.
type Mark = Plain<Known<schema.AnnotationQuery>> & {
  expr?: string; step?: string; tagKeys?: string; textFormat?: string; titleFormat?: string;
  useValueForTime?: boolean;
};
type Row = Omit<Plain<Known<schema.RowPanel>>, "panels"> & { panels: Inside[] };
type Dashboard = Omit<Plain<Known<schema.Dashboard>>, "panels" | "annotations"> & {
  panels: (Inside | Row)[];
  annotations: { list: Mark[] };
};

${statements.join("\n")}
export const dashboard: Dashboard = ${text.replace('"PANELS"', `[${names.join(", ")}]`)};
`);
writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({
  compilerOptions: {
    strict: true, noEmit: true, skipLibCheck: true, types: [],
    module: "esnext", moduleResolution: "bundler", target: "es2022",
  },
  files: ["dashboard.ts"],
}));
const compiled = spawnSync(process.execPath, [compiler, "-p", directory, "--pretty", "false"], { encoding: "utf8" });
process.stdout.write((compiled.stdout ?? "") + (compiled.stderr ?? ""));
process.exitCode = compiled.status ?? 1;
