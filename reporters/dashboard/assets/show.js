// What the address says of charts: `show=12;stat=p95;by=total;find=text`. Nothing here knows of a page.

/** One `show` as `{ id, stat?, by?, find? }`; null if it names no chart. What is searched for comes last
 * and may hold anything. */
export function parseShow(text) {
  const [, id, options, find] = /^(\d+)((?:;(?!find=)[^;]*)*)(?:;find=(.*))?$/s.exec(text) ?? [];
  if (id === undefined) return null;
  const show = { id: Number(id) };
  for (const option of options.split(";")) {
    const [name, value] = option.split("=");
    if ((name === "stat" || name === "by") && value) show[name] = value;
  }
  if (find) show.find = find;
  return show;
}

/** The text of a `show`. */
export function showText({ id, stat, by, find }) {
  return [String(id), stat && `stat=${stat}`, by && `by=${by}`, find && `find=${find}`].filter(Boolean).join(";");
}

/** Which charts to ask for now, null if those that are asked for will do: `shown` are, `visible` is what can be
 * seen. A dozen that can no longer be seen are not worth a new stream. */
export function nextShown(shown, visible, most = 60) {
  const wanted = visible.slice(0, most);
  const missing = wanted.some((id) => !shown.includes(id));
  const surplus = shown.filter((id) => !wanted.includes(id)).length;
  return wanted.length > 0 && (missing || surplus >= 12) ? wanted : null;
}

/** Whether a chart of the index (`{ name, tags, description, type }`) matches all words of `filter`. */
export function matches(chart, filter) {
  const text = [chart.name, chart.type, ...(chart.tags ?? []), chart.description].join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
