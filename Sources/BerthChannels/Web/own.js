// The dialogue of a person's own texts: instructions and prompts. Loaded when it is opened.
import { $, button, make, p } from "./dom.js";
import { call, get } from "./server.js";
import { w } from "./words.js";

let dialog;
let session;

/** Runs `action` on an event. A refusal is shown in the dialogue. */
const run = (action) => async (event) => {
  event.preventDefault();
  $("own-problem").textContent = $("own-said").textContent = "";
  try {
    await action(event);
  } catch (refusal) {
    $("own-problem").textContent = refusal.message;
  }
};

const promptPath = (name) => `/web/prompts/${encodeURIComponent(name)}`;
const sessionPath = () => `/web/sessions/${encodeURIComponent(session)}/instructions`;

async function saveInstructions() {
  await call("PATCH", "/web/own", { instructions: $("own-all").value });
  if (session) await call("PUT", sessionPath(), { text: $("own-here").value });
  $("own-said").textContent = w("ownSaved");
}

/** Puts a prompt into the message box, at the cursor. */
function insert(text) {
  dialog.close();
  const box = $("text");
  box.focus();
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input"));
}

async function savePrompt() {
  await call("PUT", promptPath($("own-name").value.trim()), { text: $("own-text").value });
  $("own-name").value = $("own-text").value = "";
  await show();
}

function row({ name, text }) {
  const named = (key, click) => {
    const control = button(w(key), "link", click);
    control.setAttribute("aria-label", `${w(key)}: /${name}`);
    return control;
  };
  const edit = () => {
    $("own-name").value = name;
    $("own-text").value = text;
    $("own-text").focus();
  };
  const remove = run(async () => {
    await call("DELETE", promptPath(name));
    await show();
    $("own-name").focus();
  });
  return make("li", {}, make("strong", {}, `/${name}`), make("span", { dir: "auto" }, text.slice(0, 80)),
    named("promptInsert", () => insert(text)), named("edit", edit), named("remove", remove));
}

async function show() {
  const { prompts, outlines, models } = await get("/web/own");
  const names = [...new Set(Object.values(models))].join(", ");
  $("own-outlines").checked = outlines;
  $("own-outlines-label").textContent = w("outlines", { models: names });
  $("own-outlines").parentElement.hidden = !names;
  $("own-prompts").replaceChildren(...prompts.map(row));
}

function area(id, key, most) {
  return [make("label", { for: id }, w(key)), make("textarea", { id, rows: 3, maxlength: most, dir: "auto" })];
}

function build() {
  const save = () => make("button", { class: "save" }, w("save"));
  const outlines = make("input", { id: "own-outlines", type: "checkbox", change: run((e) =>
    call("PATCH", "/web/own", { outlines: e.target.checked })) });
  const name = make("input", { id: "own-name", required: "", maxlength: 32, dir: "auto", autocomplete: "off" });
  dialog = make(
    "dialog", { id: "own-dialog", class: "panel", "aria-labelledby": "own-title" },
    make("h2", { id: "own-title" }, w("own")),
    make("p", { id: "own-problem", role: "alert" }),
    make("p", { id: "own-said", role: "status" }),
    make("form", { submit: run(saveInstructions) },
      p(w("ownAbout")), ...area("own-all", "ownAll", 8192), ...area("own-here", "ownHere", 8192), save()),
    make("p", {}, outlines, make("label", { id: "own-outlines-label", for: "own-outlines" })),
    make("h3", { id: "own-list" }, w("prompts")),
    p(...w("promptsAbout").split("`").map((t, i) => i % 2 ? make("code", {}, t) : t)),
    make("ul", { id: "own-prompts", "aria-labelledby": "own-list" }),
    make("form", { submit: run(savePrompt) },
      make("label", { for: "own-name" }, w("promptName")), name, ...area("own-text", "promptText", 4096), save()),
    make("div", { class: "row" }, button(w("close"), "", () => dialog.close())),
  );
  document.body.append(dialog);
}

/** Opens the dialogue, with the instructions for the conversation `id` if there is one. */
export async function openOwn(id) {
  if (!dialog) build();
  session = id;
  for (const part of ["own-problem", "own-said"]) $(part).textContent = "";
  for (const part of [$("own-here"), $("own-here").previousSibling]) part.hidden = !id;
  const [own, here] = await Promise.all([get("/web/own"), id ? get(sessionPath()) : { text: "" }, show()]);
  $("own-all").value = own.instructions;
  $("own-here").value = here.text;
  dialog.showModal();
}
