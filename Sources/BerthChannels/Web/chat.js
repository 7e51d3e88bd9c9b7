// The chat page: the list of conversations, the turns of one conversation and the message box.
// Turns run in the server. This page only reads their events, and reconnects after a lost connection.
import { again, edit, goOn, step, tellTabs } from "./branches.js";
import { Composer } from "./composer.js";
import { $, ask, button, copy, make, p } from "./dom.js";
import {
  drawer, explain, narrow, notice, showCard, showHello, showList, showUsage, titleOf, touch,
} from "./frame.js";
import { drawMemory, printAll, showTurns } from "./history.js";
import {
  archived, find, loadMore, loadSessions, setUpLibrary, showActions, showUndo,
} from "./library.js";
import { setUpViewer } from "./pictures.js";
import { call, get, turnPath, whenSignedOut } from "./server.js";
import { page, state } from "./state.js";
import { upload } from "./tray.js";
import { TurnView, listen, pause } from "./turn.js";
import { w } from "./words.js";

/** Distance from the end that still counts as "at the end", in CSS pixels. */
const NEAR = 60;

const composer = new Composer(state);
const sessionPath = (rest = "") => `/web/sessions/${encodeURIComponent(state.current)}${rest}`;

// ---------------------------------------------------------------- sending and listening

function begin(turn) {
  notice("");
  $("hello")?.remove();
  const view = new TurnView(turn, host);
  $("turns").append(view.element);
  state.live = { view, abort: new AbortController(), stopping: false };
  state.stick = true;
  scrollToEnd();
  composer.busy();
  return state.live;
}

function end(live) {
  if (state.live !== live) return;
  state.live = null;
  composer.busy();
}

const host = {
  grown: scrollToEnd, seen: drawMemory, again, edit, step, goOn, repeat: send, refused: explain,
  models: () => state.me.models,
};
const greet = () => {
  state.stick = false;
  showHello(state.me.name, send);
  $("log").scrollTop = 0;
};
Object.assign(page, {
  composer, host, greet, sessionPath, begin, end, follow, send, refresh, route, scrollToEnd,
});

/** Reads a turn's events until the turn has ended or another conversation is opened. */
async function follow(live, response) {
  const { signal } = live.abort;
  await listen(live.view, response, signal, () => {
    if (response) tellTabs();
    if (live.stopping) stop();
  });
  if (signal.aborted) return;
  end(live);
  await refresh();
  // A model writes the title of a new conversation after its first answer.
  if (state.me.titles && $("turns").children.length < 3) for (const s of [3, 9]) setTimeout(refresh, s * 1000);
}

/** Sends what is in the message box. */
const submit = () => send($("text").value, composer.tray.pictures);

/** Sends a message. A refused message returns to the message box with its pictures. */
async function send(text, pictures = []) {
  if (state.live && text.trim() === "/stop") {
    composer.set("", composer.tray.pictures);
    return stop();
  }
  if (state.live || !(text.trim() || pictures.length)) return;
  const live = begin({ text, previews: pictures, state: "sending", created_ms: Date.now() });
  const { signal } = live.abort;
  // An example or “Continue” leaves the chosen pictures in the box.
  composer.set("", pictures.length ? [] : composer.tray.pictures);
  if (!touch.matches) $("text").focus();
  try {
    const files = await upload(pictures, signal, (words) => live.view.tell(words));
    if (!state.current) await createSession(text);
    const body = files.length ? { text, files } : { text };
    await follow(live, await call("POST", sessionPath("/turns"), body, signal));
  } catch (refusal) {
    // Another conversation was opened; the turn continues in the server.
    if (signal.aborted) return;
    live.view.element.remove();
    end(live);
    // A file that was deleted meanwhile is sent again.
    if (refusal.status === 404) for (const picture of pictures) picture.id = null;
    composer.restore(text, pictures);
    explain(refusal);
    // A 409 means that a turn from another window is running; show it here too.
    if (state.current && refusal.status === 409) await showTurns();
    else if (!$("turns").children.length) greet();
  }
}

async function stop() {
  const { live } = state;
  if (!live) return;
  live.stopping = true;
  const { id } = live.view.turn;
  if (!id) return;
  try {
    await call("POST", turnPath(id, "stop"));
  } catch (refusal) {
    explain(refusal);
  }
}

// ---------------------------------------------------------------- conversations

async function createSession(text) {
  const session = await (await call("POST", "/web/sessions", {})).json();
  state.current = session.id;
  history.replaceState(null, "", `#${session.id}`);
  if (state.model) await call("PATCH", sessionPath(), { model: state.model });
  // The page shows this title until the answer has ended. The server derives the same one.
  const words = text.trim().replace(/^\/image\s+(--\S+\s+\S+\s+)*/i, "");
  const title = words.startsWith("/") ? "" : words.split("\n", 1)[0].slice(0, 60);
  state.other = { ...session, title, model: state.model, updated_ms: Date.now() };
  if (!state.archived) state.sessions.unshift(state.other);
  showSessions();
}

async function loadMe() {
  [state.me] = await Promise.all([get("/web/me"), loadSessions()]);
}

/** Reloads usage, titles and their order, which a turn may have changed. */
async function refresh() {
  try {
    await loadMe();
    showUsage(state.me.usage);
    showSessions();
  } catch {
    // Stale figures do no harm; the next turn reloads them.
  }
}

function showSessions() {
  const older = state.moreSessions && button(w("older"), "link", () => loadMore());
  showList(state.sessions, state.current, ...[older, archived()].filter(Boolean));
  const current = find(state.current);
  $("title").textContent = titleOf(current);
  document.title = current?.title ? `${current.title} · Berth` : "Berth";
  showActions(current);
  $("model").value = (current ?? state).model ?? state.me.models[0];
}

/** Opens the conversation in the address, at a turn if it names one. `#new` opens a new one. */
async function route() {
  const { hash } = location;
  const [id, turn] = hash.slice(1).split("/");
  state.live?.abort.abort();
  state.live = null;
  let problem = "";
  if (id && id !== "new" && !find(id)) {
    try {
      state.other = await get(`/web/sessions/${encodeURIComponent(id)}`);
    } catch (refusal) {
      problem = refusal.message;
    }
    if (location.hash !== hash) return;
  }
  state.current = find(id) ? id : null;
  drawer(false);
  notice(problem || (state.me.notice ?? ""));
  composer.busy();
  showSessions();
  composer.open();
  if (!touch.matches) $("text").focus();
  await showTurns(turn);
}

async function rename() {
  const session = find(state.current);
  const title = await ask(w("renameHead"), "", w("rename"), session.title);
  if (!title || title === session.title) return;
  await call("PATCH", sessionPath(), { title });
  session.title = title;
  showSessions();
  tellTabs();
}

async function remove() {
  const session = find(state.current);
  const body = w("deleteBody", { title: titleOf(session) });
  if (!(await ask(w("deleteHead"), body, w("delete")))) return;
  await call("POST", sessionPath("/removal"));
  tellTabs(true);
  state.sessions = state.sessions.filter((s) => s.id !== session.id);
  state.other = null;
  location.hash = state.sessions[0]?.id ?? "new";
  showUndo(session);
}

async function chooseModel() {
  const session = find(state.current);
  if (session) await call("PATCH", sessionPath(), { model: $("model").value });
  (session ?? state).model = $("model").value;
}

// ---------------------------------------------------------------- the rest of the page

function scrollToEnd() {
  if (state.stick) $("log").scrollTop = $("log").scrollHeight;
}

function scrolled() {
  const log = $("log");
  state.stick = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  $("latest").hidden = state.stick;
}

function showSignedOut() {
  state.live?.abort.abort();
  state.live = null;
  document.body.className = "out";
  state.stick = false;
  showCard($("card-out").content.cloneNode(true));
  $("log").scrollTop = 0;
}

async function start() {
  try {
    await loadMe();
  } catch (refusal) {
    if (refusal.status === 401) return;
    showCard(
      make("h2", {}, w("unreachable")),
      p(refusal.status ? refusal.message : w("keepsTrying")),
      button(w("tryAgain"), "primary", () => location.reload()),
    );
    await pause(5_000);
    return start();
  }
  document.body.className = "";
  $("who").textContent = state.me.name;
  const { models } = state.me;
  const option = (m) => make("option", { value: m }, m === "berth" ? w("automatic") : m);
  $("model").replaceChildren(...models.map(option));
  // "berth" and the only model are the same.
  $("model").hidden = models.length < 3;
  showUsage(state.me.usage);
  const newest = [...state.sessions].sort((a, b) => b.updated_ms - a.updated_ms)[0];
  if (!location.hash && newest) history.replaceState(null, "", `#${newest.id}`);
  addEventListener("hashchange", route);
  await route();
}

/** Runs `action` on an event of the element `id`. A refusal is shown as a notice. */
const on = (id, event, action) =>
  $(id).addEventListener(event, (e) => Promise.resolve(action(e)).catch(explain));

on("composer", "submit", (e) => {
  e.preventDefault();
  return submit();
});
on("text", "keydown", (e) => {
  // Enter does not send on a touch screen, or if it ends a composed word (229 in Safari).
  if (e.key !== "Enter" || e.shiftKey || touch.matches) return;
  if (e.isComposing || e.keyCode === 229) return;
  e.preventDefault();
  return submit();
});
on("stop", "click", stop);
on("rename", "click", rename);
on("delete", "click", remove);
on("model", "change", chooseModel);
on("ask-no", "click", () => $("ask").close());
on("open", "click", () => drawer(true));
on("shut", "click", () => drawer(false));
on("scrim", "click", () => drawer(false));
on("log", "scroll", scrolled);
on("latest", "click", () => {
  state.stick = true;
  scrollToEnd();
});
on("new", "click", () => {
  drawer(false);
  if (location.hash === "#new") $("text").focus();
  else location.hash = "new";
});
on("account", "click", async () => {
  const { openAccount } = await import("./access.js");
  const renamed = (name) => ($("who").textContent = state.me.name = name);
  await openAccount({ name: state.me.name, renamed });
});
on("own-texts", "click", async () => (await import("./own.js")).openOwn(find(state.current)?.id));
on("logout", "click", async () => {
  await call("POST", "/logout");
  sessionStorage.clear();
  showSignedOut();
});
on("turns", "click", (e) => {
  if (!e.target.matches("button.copy")) return;
  return copy(e.target.closest("figure").querySelector("pre").textContent, e.target);
});
addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || e.isComposing || e.target.id === "search") return;
  if (document.querySelector("dialog[open], [popover]:popover-open")) return;
  if (document.body.classList.contains("drawer")) drawer(false);
  else stop();
});
for (const name of ["online", "offline"]) {
  addEventListener(name, () => {
    composer.hint();
    notice(navigator.onLine ? "" : w("offlineNotice"));
  });
}
narrow.addEventListener("change", () => drawer(false));
new ResizeObserver(scrollToEnd).observe($("log"));
setUpViewer();
setUpLibrary(state, { show: showSessions, print: printAll });
whenSignedOut(showSignedOut);
start();
