// Two helpers that keep markup readable, and text harmless.
const HARMLESS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** A template tag: whatever is put in is text, unless it is markup made by this tag (or a list of such). */
export function html(strings, ...values) {
  const text = strings.reduce((all, part, i) => all + part + (i < values.length ? show(values[i]) : ""), "");
  return { markup: text };
}

function show(value) {
  if (Array.isArray(value)) return value.map(show).join("");
  if (value && typeof value === "object" && "markup" in value) return value.markup;
  return value === undefined || value === null || value === false ? "" : String(value).replace(/[&<>"']/g, (c) => HARMLESS[c]);
}

/** Replace what `element` holds. */
export function fill(element, made) {
  element.innerHTML = made.markup;
}

/** Fetch JSON; what goes wrong is a sentence. */
export async function ask(path) {
  const answer = await fetch(path).catch(() => null);
  if (!answer) throw new Error("The studio does not answer; is `vox studio` still running?");
  return answer.json();
}
