// Helpers over the DOM that all parts of the page use.
import { w } from "./words.js";

/** Shortest time between two announcements to a screen reader, in ms. */
const SAY_EVERY = 4_000;

export const $ = (id) => document.getElementById(id);
export const p = (...children) => make("p", {}, ...children);
export const button = (text, style, click) =>
  make("button", { type: "button", class: style, click }, text);

/** Makes an element, for example `make("a", { href: "…" }, "text", node)`. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Appends items one by one. A huge number of arguments in one call would overflow the stack. */
export function fill(parent, items) {
  for (const item of items) parent.append(item);
  return parent;
}

let unsaid = "";
let saying = null;

/** Announces text to a screen reader, at most once per `SAY_EVERY`. */
export function say(text) {
  unsaid = `${unsaid}${text} `.slice(-3000);
  saying ??= setTimeout(() => {
    saying = null;
    $("say").textContent = unsaid;
    unsaid = "";
  }, $("say").textContent ? SAY_EVERY : 0);
}

/** Copies a text to the clipboard and shows that on its button for a moment. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http outside of localhost has no clipboard interface; the old command still works there.
    const area = make("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = w("copied");
  setTimeout(() => (button.textContent = w("copy")), 1500);
}

/** Asks in a dialogue. Resolves to the text (or a true value), or to a false value if cancelled. */
export function ask(title, body, yes, value) {
  $("ask-title").textContent = title;
  $("ask-body").textContent = body;
  $("ask-yes").textContent = yes;
  $("ask-yes").classList.toggle("danger", value === undefined);
  $("ask-text").hidden = value === undefined;
  $("ask-text").value = value ?? "";
  const dialog = $("ask");
  dialog.returnValue = "";
  dialog.showModal();
  if (value !== undefined) $("ask-text").select();
  return new Promise((resolve) => {
    dialog.onclose = () =>
      resolve(dialog.returnValue && (value === undefined || $("ask-text").value.trim()));
  });
}
