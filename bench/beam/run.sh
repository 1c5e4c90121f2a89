#!/bin/sh
# The original on its own machine: compiles checkouts of it, and measures.
#
# usage: run.sh <directory> <threads>
#
# In the directory: telemetry, telemetry_metrics and telemetry_metrics_prometheus_core, each a
# checkout. Prints a line per case: its name, and nanoseconds per call, the median and the minimum
# with one process, the median and the minimum with that many.
set -eu
here=$(dirname "$0")
ebin=$(mktemp -d)
trap 'rm -rf "$ebin"' EXIT

erlc -o "$ebin" "$1"/telemetry/src/*.erl >&2
cp "$1"/telemetry/src/telemetry.app.src "$ebin"/telemetry.app
for library in telemetry_metrics telemetry_metrics_prometheus_core; do
    find "$1/$library/lib" -name '*.ex' -exec elixirc -pa "$ebin" -o "$ebin" {} + >&2
done
elixir --erl "+S $2" -pa "$ebin" "$here/baseline.exs" "$2"
