// Where the modules of k6 are found, and that its scripts are modules whatever stands around them.

const OURS = {
  k6: "./k6.mjs",
  "k6/http": "./http.mjs",
  "k6/metrics": "./metrics.mjs",
  "k6/execution": "./execution.mjs",
};

export async function resolve(specifier, context, next) {
  if (Object.hasOwn(OURS, specifier)) {
    return { url: new URL(OURS[specifier], import.meta.url).href, format: "module", shortCircuit: true };
  }
  const found = await next(specifier, context);
  return found.url.endsWith(".js") ? { ...found, format: "module", shortCircuit: true } : found;
}
