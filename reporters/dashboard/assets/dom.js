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

/** A button that does something here. */
export function button(text, onclick, attributes) {
  return el("button", { type: "button", text, onclick, ...attributes });
}

/** A field to search in. */
export function find(label, attributes) {
  return el("input", {
    type: "search", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: "200",
    "aria-label": label, ...attributes,
  });
}

/** `children`, as a link if there is an address. */
export function linked(href, ...children) {
  return href ? el("a", { href }, children) : children;
}

/** Puts `children` in place of whatever `node` held. */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(present));
  return node;
}

/** Puts what `make` makes in place of what `node` held, if `said`, which it is
 * made of, is not what was said there last. */
export function rewrite(node, said, make) {
  const written = JSON.stringify(said);
  if (node.written === written) return;
  node.written = written;
  replace(node, make());
}

/** A text with what stands between backticks as code. Without its partner, a
 * backtick is a backtick. */
export function coded(text) {
  return text.split("`").map((piece, index, all) => {
    if (index % 2 === 0) return piece;
    return index === all.length - 1 ? `\`${piece}` : el("code", { text: piece });
  });
}

/** Writes only what differs: selections and caches of the browser survive. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets an attribute, or takes it away for null, undefined and false, and
 * where an address leads to no page. */
export function setAttribute(node, name, value) {
  if (!present(value) || (name === "href" && !isSafe(value))) node.removeAttribute(name);
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
    else if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else setAttribute(node, name, value);
  }
  node.append(...children.flat(Infinity).filter(present));
  return node;
}

const present = (value) => value !== null && value !== undefined && value !== false;
