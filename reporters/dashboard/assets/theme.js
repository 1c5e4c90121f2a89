// The look that was chosen, before anything is drawn: a script of the old kind, which the page waits for.
try {
  const theme = localStorage.getItem("telemetry-dashboard.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then nothing is remembered.
}
