// Small DOM helpers for all parts of the page.

/** Least time between two announcements to a screen reader, in ms. */
const SAY_EVERY = 4_000;

export const $ = (id) => document.getElementById(id);
export const p = (...children) => make("p", {}, ...children);
export const code = (text) => make("code", {}, text);
export const button = (text, style, click) =>
  make("button", { type: "button", class: style, click }, text);

/** Makes an element, such as `make("a", { href: "…" }, "text", node)`. */
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

/** Appends items one by one, because a hostile number of arguments would overflow the stack. */
export function fill(parent, items) {
  for (const item of items) parent.append(item);
  return parent;
}

let unsaid = "";
let saying = null;

/** Gives text to a screen reader, with a pause between the pieces. */
export function say(text) {
  unsaid = (unsaid + text).slice(-3000);
  saying ??= setTimeout(() => {
    saying = null;
    $("say").textContent = unsaid;
    unsaid = "";
  }, $("say").textContent ? SAY_EVERY : 0);
}

/** Copies a text, and shows this on its button for a moment. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http outside of localhost has no clipboard interface, but the old way works there.
    const area = make("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/** Asks in a dialogue. Resolves to the text (or true), or to a false value if it is cancelled. */
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
