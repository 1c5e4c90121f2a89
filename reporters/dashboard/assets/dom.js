// Elements are made here and nowhere else. Text goes in as text: names and
// values come from outside and are never read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `attributes`: `class`, `text`, `on<event>` functions,
 * anything else as an attribute; null, undefined and false leave it out. */
export function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** A field to search in. */
export function find(label, attributes) {
  return el("input", {
    type: "search", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
    "aria-label": label, ...attributes,
  });
}

/** Puts `children` in place of whatever `node` held. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(present));
  return node;
}

/** Writes only what differs: selections and caches of the browser survive. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or takes it away for null, undefined and false. */
export function setAttribute(node, name, value) {
  if (!present(value)) node.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Whether an address leads to a page, and is not a program in disguise. */
export function isSafe(href) {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(href, document.baseURI).protocol);
  } catch {
    return false;
  }
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (!present(value)) continue;
    if (name === "text") node.textContent = value;
    else if (name.startsWith("on") && typeof value === "function") {
      node.addEventListener(name.slice(2), value);
    } else if (name !== "href" || isSafe(value)) setAttribute(node, name, value);
  }
  node.append(...children.flat(Infinity).filter(present));
  return node;
}

function present(value) {
  return value !== null && value !== undefined && value !== false;
}
