// What can be told from outside: `k6 run --env BASE_URL=http://demo:4000 load.js`.

/** Where the demo is; no slash at the end. */
export const BASE_URL = (__ENV.BASE_URL || "http://127.0.0.1:4000").replace(/\/+$/, "");

/** How many visits begin in a second, on an ordinary day. */
export const VISITS = number("VISITS", 5);

/** Divides all times of a shape: with 60, minutes become seconds. */
export const SPEED = number("SPEED", 1);

/** Multiplies the time that visitors take to read; 0 for none. */
export const THINK = number("THINK", 1, true);

/** Whether pages that are broken on purpose are visited as well. No objective is about them. */
export const BROKEN = __ENV.BROKEN === "1";

/**
 * @param {string} name
 * @param {number} otherwise
 * @param {boolean} zero whether it may be 0
 */
function number(name, otherwise, zero = false) {
  const text = __ENV[name];
  if (!text) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || (value === 0 && !zero)) {
    throw new Error(`${name}: write a number${zero ? "" : " greater than 0"}, not ${text}`);
  }
  return value;
}
