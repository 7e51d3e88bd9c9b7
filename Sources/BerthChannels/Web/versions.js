// The versions of a turn: the arrows between them, the other models, and the box of other words.
import { button, make } from "./dom.js";
import { touch } from "./frame.js";
import { w } from "./words.js";

/** Offers the models of which another one may answer. */
export function modelsOf(view) {
  const models = view.host.models();
  if (models.length < 3) return [];
  const choices = models.map((model) =>
    button(model === "berth" ? w("automatic") : model, null, () => view.host.again(view, model)));
  const summary = make("summary", {}, w("otherModel"));
  const keydown = (e) => {
    if (e.key !== "Escape" || !list.open) return;
    e.stopPropagation();
    list.open = false;
    summary.focus();
  };
  const menu = make("div", {}, ...choices);
  const toggle = () => list.open && menu.scrollIntoView({ block: "nearest" });
  const list = make("details", { class: "models", keydown, toggle }, summary, menu);
  return [list];
}

/** Shows which of several versions this is, with buttons to its neighbours. */
export function arrowsOf(view, { place, count: all }) {
  const label = w("version", { n: place, all });
  const arrow = (way, sign, name, off) => {
    const element = button(sign, "icon", () => view.host.step(view, way));
    element.setAttribute("aria-label", name);
    element.dataset.way = way;
    element.disabled = off;
    return element;
  };
  return make(
    "div", { class: "branch", role: "group", "aria-label": label },
    arrow("back", "‹", w("versionBack"), place <= 1),
    make("span", {}, `${place} / ${all}`),
    arrow("next", "›", w("versionNext"), place >= all),
  );
}

/** Shows the message with `text` in a box, to send it in other words. */
export function edit(view, text) {
  const box = make("textarea", { rows: 2, dir: "auto", "aria-label": w("editMessage") });
  box.value = text;
  const close = () => {
    form.replaceWith(view.asked);
    view.mine.hidden = false;
    view.mine.querySelector("button")?.focus();
  };
  const send = (e) => {
    e.preventDefault();
    if (box.value.trim() || view.first.inputs?.length) view.host.edit(view, box.value, close);
  };
  const keydown = (e) => {
    if (e.isComposing || e.keyCode === 229) return;
    if (e.key === "Escape") {
      e.stopPropagation();
      close();
    } else if (e.key === "Enter" && !e.shiftKey && !touch.matches) send(e);
  };
  const buttons = make(
    "div", { class: "row" },
    button(w("cancel"), null, close), make("button", { class: "primary" }, w("send")),
  );
  const form = make("form", { class: "edit", submit: send, keydown }, box, buttons);
  view.asked.replaceWith(form);
  view.mine.hidden = true;
  box.focus();
}
