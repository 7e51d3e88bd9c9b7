// Small helpers over the DOM, used by all parts of the page.

/** Least time between two announcements to a screen reader, in ms. */
const SAY_EVERY = 4_000;

export const $ = (id) => document.getElementById(id);
export const p = (...children) => make("p", {}, ...children);
export const code = (text) => make("code", {}, text);
export const button = (text, style, click) =>
  make("button", { type: "button", class: style, click }, text);

/** Makes an element: `make("a", { href: "…" }, "text", node)`. */
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

/** Appends one by one: as arguments, a hostile number of items would overflow the stack. */
export function fill(parent, items) {
  for (const item of items) parent.append(item);
  return parent;
}

let unsaid = "";
let saying = null;

/** Hands text to a screen reader, in pieces that are not too frequent. */
export function say(text) {
  unsaid = (unsaid + text).slice(-3000);
  saying ??= setTimeout(() => {
    saying = null;
    $("say").textContent = unsaid;
    unsaid = "";
  }, $("say").textContent ? SAY_EVERY : 0);
}

/** Copies a text and says so on its button for a moment. */
export async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain http outside of localhost has no clipboard interface: the old way still works there.
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

/** Asks in a dialogue; resolves to the text (or true), or to something false when cancelled. */
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
