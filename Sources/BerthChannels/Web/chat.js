// The chat page: the list of conversations, the turns of one conversation and the message box.
// Turns run in the server. This page only reads their events, and reconnects after a lost connection.
import { Composer } from "./composer.js";
import { $, ask, button, code, copy, make, p, say } from "./dom.js";
import {
  drawer, explain, narrow, notice, showCard, showHello, showList, showUsage, titleOf, touch,
} from "./frame.js";
import {
  archived, find, loadMore, loadSessions, setUpLibrary, showActions, showUndo,
} from "./library.js";
import { setUpViewer } from "./pictures.js";
import { call, get, turnPath, whenSignedOut } from "./server.js";
import { upload } from "./tray.js";
import { TurnView, listen, pause } from "./turn.js";

/** Distance from the end that still counts as "at the end", in CSS pixels. */
const NEAR = 60;

const state = {
  /** The server's data about the tenant: name, models, usage. */
  me: null,
  /** The loaded part of the list, whether there is more of it, and whether it is the archive. */
  sessions: [],
  moreSessions: false,
  archived: false,
  /** The open conversation if it is not in the list. */
  other: null,
  /** The id of the open conversation, or null for a new one, which its first message creates. */
  current: null,
  /** The model chosen for a new conversation. */
  model: null,
  /** The turn that this page is reading: { view, abort, stopping }, or null. */
  live: null,
  /** The id of the oldest turn shown. `more` tells whether older ones exist. */
  oldest: null,
  more: false,
  /** Whether the page scrolls along with the end of the conversation. */
  stick: true,
};

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
  grown: scrollToEnd, again: askAgain, edit, step, goOn, repeat: send, refused: explain,
  models: () => state.me.models,
};
const greet = () => showHello(state.me.name, send);

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

/** Asks `words` in place of a turn and of those after it, which are kept as another branch. */
async function branch(view, words, path, body) {
  if (state.live) return;
  const { branch, inputs } = view.first;
  const count = (branch?.count ?? 1) + 1;
  const gone = [view.element];
  while (gone.at(-1).nextSibling) gone.push(gone.at(-1).nextSibling);
  for (const element of gone) element.remove();
  const live = begin({
    text: words, inputs, branch: { place: count, count }, state: "sending", created_ms: Date.now(),
  });
  if (!touch.matches) $("text").focus();
  await request(live, path, body, () => {
    live.view.element.remove();
    $("turns").append(...gone);
  });
}

/** Sends a request that begins a turn, and reads the turn. `undo` is run if it is refused. */
async function request(live, path, body, undo) {
  const { signal } = live.abort;
  try {
    await follow(live, await call("POST", path, body, signal));
  } catch (refusal) {
    if (signal.aborted) return;
    undo();
    end(live);
    explain(refusal);
  }
}

/** Goes on with the last answer, in a turn of its own. */
async function append(view, change, path) {
  if (state.live) return;
  notice("");
  state.live = { view, abort: new AbortController(), stopping: false };
  state.stick = true;
  change({ state: "sending", continues: true, created_ms: Date.now() });
  composer.busy();
  await request(state.live, path, undefined, () => showTurns(null, true));
}

function goOn(view) {
  return append(view, (t) => view.extend(t), turnPath(view.turn.id, "continue"));
}

function askAgain(view, model) {
  const { turn, first } = view;
  const query = model ? `?model=${encodeURIComponent(model)}` : "";
  if (turn !== first && turn.state !== "done") {
    return append(view, (t) => view.resumeAs(t), turnPath(turn.id, `again${query}`));
  }
  return branch(view, first.text, turnPath(first.id, `again${query}`));
}

async function edit(view, text, close) {
  // A command changes no turn.
  if (/^\/(?!image\b|translate\b)[a-z_]+(?!\S)/i.test(text.trim())) {
    close();
    return send(text);
  }
  // If the words are refused, their box comes back.
  await branch(view, text, turnPath(view.first.id, "edit"), { text });
}

/** Shows the version of a turn before it or after it, with all that follows. */
async function step(view, way) {
  if (state.live) return;
  const above = view.element.previousElementSibling?.view?.turn.id;
  try {
    await call("POST", turnPath(view.first.id, `show?step=${way}`));
  } catch (refusal) {
    return explain(refusal);
  }
  tellTabs();
  await showTurns(null, true);
  const shown = [...$("turns").children].find(
    (e) => e.view && e.previousElementSibling?.view?.turn.id === above,
  );
  if (!shown) return;
  state.stick = false;
  shown.scrollIntoView({ block: "nearest" });
  const arrows = shown.querySelector(".branch");
  const next = arrows?.querySelector(`[data-way=${way}]:enabled`);
  (next ?? arrows?.querySelector("button:enabled"))?.focus();
  say(`${arrows?.getAttribute("aria-label")}. `);
}

// ---------------------------------------------------------------- other windows

const tabs = new BroadcastChannel("berth");

/** Tells the other windows of this browser that the open conversation has changed. */
const tellTabs = (gone = false) => tabs.postMessage({ id: state.current, gone });

tabs.onmessage = async ({ data: { id, gone } }) => {
  if (!state.me) return;
  await refresh();
  if (id !== state.current || state.live || document.querySelector(".edit")) return;
  if (!gone) return showTurns(null, true);
  history.replaceState(null, "", "#new");
  await route();
  notice("This conversation was deleted in another window.");
};

/** Shows what was said on another device while this page was out of sight. */
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !state.me || state.live || document.querySelector(".edit")) return;
  const changed = () => find(state.current)?.updated_ms;
  const before = changed();
  await refresh();
  if (changed() !== before && !state.live) await showTurns(null, true);
});

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
  const older = state.moreSessions && button("Older conversations", "link", () => loadMore());
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

/**
 * Shows the newest turns, or those from the turn `target` on. `isHere` tells that the conversation is
 * shown already.
 */
async function showTurns(target, isHere) {
  const { current } = state;
  state.oldest = null;
  state.more = false;
  state.stick = true;
  if (!current) return greet();
  if (!isHere) $("turns").replaceChildren();
  try {
    const views = await loadTurns(isHere);
    if (!views) return;
    if (!views.length) greet();
    if (target) await showTurn(target);
    const last = views.at(-1);
    if (last?.open && !state.live) {
      state.live = { view: last, abort: new AbortController(), stopping: false };
      composer.busy();
      await follow(state.live, null);
    }
  } catch (refusal) {
    if (refusal.status === 401) return;
    const again = button("Try again", "primary", () => showTurns());
    showCard(p(`This conversation could not be loaded. ${refusal.message}`), again);
  }
}

/** Loads an older page of turns. Returns their views, or null if another conversation was opened. */
async function loadTurns(isHere) {
  const { current, oldest } = state;
  const before = oldest ? `?before=${encodeURIComponent(oldest)}` : "";
  const { turns, more } = await get(sessionPath(`/turns${before}`));
  if (state.current !== current || state.oldest !== oldest) return null;
  if (isHere && state.live) return null;
  if (isHere) $("turns").replaceChildren();
  const views = [];
  for (const turn of turns) {
    if (turn.continues && views.length) views.at(-1).extend(turn);
    else views.push(new TurnView(turn, host));
    const { dataset } = views.at(-1).element;
    dataset.turns = `${dataset.turns ?? ""} ${turn.id}`;
  }
  const log = $("log");
  const fromEnd = log.scrollHeight - log.scrollTop;
  $("earlier")?.remove();
  $("turns").prepend(...views.map((v) => v.element));
  state.oldest = turns[0]?.id ?? oldest;
  state.more = more && turns.length > 0;
  if (state.more) {
    const link = button("Earlier messages", "link", loadEarlier);
    link.id = "earlier";
    $("turns").prepend(link);
    earlier.disconnect();
    earlier.observe(link);
  }
  if (oldest) log.scrollTop = log.scrollHeight - fromEnd;
  else scrollToEnd();
  return views;
}

let loading = false;
async function loadEarlier() {
  if (loading || !state.more) return;
  loading = true;
  await loadTurns().catch(explain);
  loading = false;
}
/** Loads older turns until `isEnough`, or all of them. */
async function loadAll(isEnough = () => false) {
  const { current } = state;
  while (state.more && state.current === current && !isEnough()) {
    if (loading) await pause(50);
    else {
      loading = true;
      await loadTurns().finally(() => (loading = false));
    }
  }
}

async function showTurn(id) {
  const there = () => document.querySelector(`[data-turns~="${CSS.escape(id)}"]`);
  await loadAll(there);
  if (!there()) {
    // It is on another branch.
    await call("POST", turnPath(id, "show")).catch(explain);
    Object.assign(state, { oldest: null, more: false });
    await loadTurns(true);
    await loadAll(there);
  }
  if (!there()) return;
  state.stick = false;
  for (const old of document.querySelectorAll(".sought")) old.classList.remove("sought");
  there().classList.add("sought");
  there().scrollIntoView();
}

/** Loads the whole conversation with its pictures, and prints it. */
async function printAll() {
  await loadAll();
  const images = [...$("turns").querySelectorAll("img")];
  for (const image of images) image.loading = "eager";
  const drawn = Promise.allSettled(images.map((image) => image.decode()));
  await Promise.race([drawn, pause(10_000)]);
  print();
}

const earlier = new IntersectionObserver(
  (entries) => entries.some((e) => e.isIntersecting) && loadEarlier(),
  { root: $("log") },
);

async function rename() {
  const session = find(state.current);
  const title = await ask("Rename this conversation", "", "Rename", session.title);
  if (!title || title === session.title) return;
  await call("PATCH", sessionPath(), { title });
  session.title = title;
  showSessions();
  tellTabs();
}

async function remove() {
  const session = find(state.current);
  const body = `“${titleOf(session)}” and all its messages will be deleted.`;
  if (!(await ask("Delete this conversation?", body, "Delete"))) return;
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
  showCard(
    make("h2", {}, "Log in with your link"),
    p("You need a personal link to open this page. To get one, send ", code("/web"),
      " to the bot, or ask your operator to run ", code("berth tenant link"), " with your name."),
    p("Each link works once. After that, this browser stays logged in for 90 days."),
  );
}

async function start() {
  try {
    await loadMe();
  } catch (refusal) {
    if (refusal.status === 401) return;
    showCard(
      make("h2", {}, "Berth cannot be reached"),
      p(refusal.status ? refusal.message : "This page keeps trying."),
      button("Try again", "primary", () => location.reload()),
    );
    await pause(5_000);
    return start();
  }
  document.body.className = "";
  $("who").textContent = state.me.name;
  const { models } = state.me;
  const option = (m) => make("option", { value: m }, m === "berth" ? "Automatic" : m);
  $("model").replaceChildren(...models.map(option));
  $("model").hidden = models.length < 2;
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
    notice(navigator.onLine ? "" : "You are offline. What is loaded stays here to be read.");
  });
}
narrow.addEventListener("change", () => drawer(false));
new ResizeObserver(scrollToEnd).observe($("log"));
setUpViewer();
setUpLibrary(state, { show: showSessions, print: printAll });
whenSignedOut(showSignedOut);
start();
