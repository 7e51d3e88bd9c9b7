// The chat page: conversations at the side, one conversation's turns, a box to write in.
// A turn lives in the server: this page only listens, and after a lost connection it listens again.
import { GrowingText, make, render } from "./markdown.js";

/** Listening again after a lost connection: first wait, longest wait (ms), most tries. */
const RETRY = { first: 500, most: 15_000, tries: 60 };
/** Least time between two announcements to a screen reader, in ms. */
const SAY_EVERY = 4_000;
/** How near to the end counts as "at the end", in CSS pixels. */
const NEAR = 60;
const EXAMPLES = [
  "What can you do for me?",
  "How do I connect an OpenAI client to Berth?",
  "Explain TCP slow start with a small example.",
  "Write a friendly reminder about an unpaid invoice.",
];

const $ = (id) => document.getElementById(id);
const p = (...children) => make("p", {}, ...children);
const code = (text) => make("code", {}, text);
const button = (text, style, click) =>
  make("button", { type: "button", class: style, click }, text);
const touch = matchMedia("(pointer: coarse)");
const narrow = matchMedia("(max-width: 760px)");
const state = {
  /** What the server says of the tenant: name, models, usage. */
  me: null,
  sessions: [],
  /** The open conversation's id; null: a new one, made with its first message. */
  current: null,
  /** The model chosen for a new conversation. */
  model: null,
  /** The turn that is being answered here: { view, abort, stopping }. */
  live: null,
  /** The oldest turn shown, and whether there are older ones. */
  oldest: null,
  more: false,
  /** Whether the end of the conversation is kept in sight. */
  stick: true,
};

// ---------------------------------------------------------------- the server

/** A refusal by the server; status 0 means that it could not be reached. */
class Refusal extends Error {
  constructor(status, message, wait) {
    const plain = status ? `the server answered ${status}` : "Berth cannot be reached";
    super(sentence(message || plain));
    this.status = status;
    this.wait = wait;
  }
}

async function call(method, path, body, signal) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(path, { method, headers, body: JSON.stringify(body), signal });
  } catch {
    throw new Refusal(0);
  }
  if (response.ok) return response;
  const error = (await response.json().catch(() => null))?.error;
  if (response.status === 401) showSignedOut();
  const wait = Number(response.headers.get("Retry-After")) || 0;
  throw new Refusal(response.status, error?.message, wait);
}

const get = async (path) => (await call("GET", path)).json();
const sessionPath = (rest = "") => `/web/sessions/${encodeURIComponent(state.current)}${rest}`;
const turnPath = (id, rest) => `/web/turns/${encodeURIComponent(id)}/${rest}`;

/** The events of a stream: `[name, data]`; comments are skipped. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let [rest, name, data] = ["", "", ""];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.map((l) => l.trimEnd())) {
        if (line.startsWith("event:")) name = line.slice(6).trim();
        else if (line.startsWith("data:")) data += line.slice(5);
        else if (line === "") {
          if (data) yield [name, JSON.parse(data)];
          name = data = "";
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

// ---------------------------------------------------------------- words

/** The server's errors as sentences: they come in lower case and without a full stop. */
const sentence = (text) => text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
const count = (n) => Number(n ?? 0).toLocaleString();
const timeOf = (ms) => new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

/** A span of time in words, rounded up so that it is never promised too early. */
function inWords(seconds) {
  const of = (n, unit) => `${n} ${unit}${n === 1 ? "" : "s"}`;
  if (seconds < 90) return of(Math.max(1, Math.ceil(seconds)), "second");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return of(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return of(Math.ceil(hours / 24), "day");
  if (hours >= 6 || minutes % 60 === 0) return of(Math.ceil(minutes / 60), "hour");
  return `${of(hours, "hour")} ${of(minutes % 60, "minute")}`;
}

function notice(text) {
  $("notice").hidden = !text;
  $("notice").textContent = text;
}

function explain(refusal) {
  const { status, message, wait } = refusal;
  if (status === 401) return;
  if (status === 0) notice(`${message} Your message is kept: send it when the connection is back.`);
  else if (status === 413) notice(`${message} Make the message shorter, or send it in parts.`);
  else if (status === 429 && wait) {
    const at = wait > 90 ? ` (at ${timeOf(Date.now() + wait * 1000)})` : "";
    notice(`${message} You can send again in ${inWords(wait)}${at}.`);
  } else notice(message);
}

let unsaid = "";
let saying = null;
/** Hands text to a screen reader, in pieces that are not too frequent. */
function say(text) {
  unsaid = (unsaid + text).slice(-3000);
  saying ??= setTimeout(() => {
    saying = null;
    $("say").textContent = unsaid;
    unsaid = "";
  }, $("say").textContent ? SAY_EVERY : 0);
}

// ---------------------------------------------------------------- one turn

class TurnView {
  constructor(turn) {
    this.turn = turn;
    this.answer = make("div", { class: "md" });
    this.note = make("p", { class: "note" });
    this.meta = make("div", { class: "meta" });
    this.text = "";
    this.fresh = "";
    this.frame = 0;
    this.resume = 0;
    this.element = make(
      "article",
      { class: "turn" },
      make("h2", { class: "unseen" }, "You wrote"),
      make("p", { class: "asked", title: new Date(turn.created_ms).toLocaleString() }, turn.text),
      make("h2", { class: "unseen" }, "Answer"),
      make("div", { class: "answer" }, this.answer, this.note, this.meta),
    );
    if (turn.answer) {
      this.text = turn.answer;
      this.answer.append(render(turn.answer));
    }
    this.show();
  }

  get open() {
    return ["sending", "accepted", "running"].includes(this.turn.state);
  }

  /** Brings note, figures and buttons in line with the turn's state. */
  show(change) {
    Object.assign(this.turn, change);
    const { turn } = this;
    this.element.dataset.state = turn.state;
    this.element.classList.toggle("waiting", this.open && !this.text);
    const why = turn.error && sentence(turn.error);
    this.note.textContent = {
      stopped: "Stopped.",
      failed: why || "The model's provider failed.",
      interrupted: why || "Interrupted: Berth was restarted before this answer was finished.",
    }[turn.state] ?? "";
    this.meta.replaceChildren();
    if (this.open) return;
    const tokens = (turn.input_tokens ?? 0) + (turn.output_tokens ?? 0);
    const facts = [turn.created_ms && timeOf(turn.created_ms), turn.model];
    if (tokens) facts.push(`${turn.estimated ? "about " : ""}${count(tokens)} tokens`);
    this.meta.append(make("span", {}, facts.filter(Boolean).join(" · ")));
    if (this.text) this.meta.append(button("Copy", "link", (e) => copy(this.text, e.target)));
    if (turn.state !== "done" && turn.id) {
      this.meta.append(button("Ask again", "link again", () => askAgain(turn)));
    }
  }

  /** Adds to the answer; drawn at the next frame, and seldomer when drawing gets dear. */
  push(text) {
    this.text += text;
    this.fresh += text;
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      if (now < this.resume) this.frame = setTimeout(() => this.draw(), this.resume - now);
      else this.draw();
    });
  }

  draw() {
    this.frame = 0;
    if (!this.fresh) return;
    const began = performance.now();
    this.growing ??= new GrowingText(this.answer);
    say(this.growing.push(this.fresh));
    this.fresh = "";
    this.element.classList.remove("waiting");
    scrollToEnd();
    this.resume = performance.now() + Math.min(500, 4 * (performance.now() - began));
  }

  /** Forgets the answer so far: the server sends it again from its start. */
  restart() {
    // What was there keeps its place, so that nothing jumps.
    this.answer.style.minHeight = `${this.answer.offsetHeight}px`;
    this.text = this.fresh = "";
    this.growing = null;
    this.answer.replaceChildren();
  }

  finish(outcome) {
    this.draw();
    this.answer.style.minHeight = "";
    this.show(outcome);
    say(`${this.growing?.rest() ?? ""}${this.note.textContent || "End of the answer."}`);
    scrollToEnd();
  }
}

async function copy(text, button) {
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

// ---------------------------------------------------------------- sending and listening

const busy = () => {
  const on = state.live !== null;
  // Hiding a focused button would drop the focus to the page's start.
  if ([$("send"), $("stop")].includes(document.activeElement)) $("text").focus();
  $("send").hidden = on;
  $("stop").hidden = !on;
  $("send").disabled = on || !$("text").value.trim();
  hint();
};

function begin(turn) {
  notice("");
  $("hello")?.remove();
  const view = new TurnView(turn);
  $("turns").append(view.element);
  state.live = { view, abort: new AbortController(), stopping: false };
  state.stick = true;
  scrollToEnd();
  busy();
  return state.live;
}

function end(live) {
  if (state.live !== live) return;
  state.live = null;
  busy();
}

async function send(text) {
  if (state.live && text.trim() === "/stop") {
    setText("");
    return stop();
  }
  if (state.live || !text.trim()) return;
  const live = begin({ text, state: "sending", created_ms: Date.now() });
  setText("");
  if (!touch.matches) $("text").focus();
  try {
    if (!state.current) await createSession(text);
    await listen(live, await call("POST", sessionPath("/turns"), { text }, live.abort.signal));
  } catch (refusal) {
    // The conversation was left: the turn goes on in the server.
    if (live.abort.signal.aborted) return;
    live.view.element.remove();
    end(live);
    if (!$("text").value) setText(text);
    explain(refusal);
    // Another window's turn is running: it is shown here too.
    if (state.current && refusal.status === 409) await showTurns();
    else if (!$("turns").children.length) showHello();
  }
}

async function askAgain(turn) {
  if (state.live) return;
  const live = begin({ text: turn.text, state: "sending", created_ms: Date.now() });
  try {
    const path = turnPath(turn.id, "again");
    await listen(live, await call("POST", path, undefined, live.abort.signal));
  } catch (refusal) {
    if (live.abort.signal.aborted) return;
    live.view.element.remove();
    end(live);
    explain(refusal);
  }
}

/** Reads a turn's events to its end, again after a lost connection; throws before the first one. */
async function listen(live, response) {
  const { view, abort } = live;
  for (let tries = 0; ; tries += 1) {
    try {
      if (!response) {
        response = await call("GET", turnPath(view.turn.id, "events"), undefined, abort.signal);
        view.note.textContent = "";
        view.restart();
      }
      for await (const [name, data] of events(response)) {
        if (name === "turn") {
          view.show({ id: data.id, state: "running" });
          if (live.stopping) stop();
        } else if (name === "delta") view.push(data.text);
        else if (name === "done") {
          view.finish(data);
          end(live);
          return void refresh();
        }
      }
    } catch (refusal) {
      if (refusal.status >= 400 && refusal.status < 500) break;
    }
    if (abort.signal.aborted) return;
    if (!view.turn.id) throw new Refusal(0);
    if (tries === RETRY.tries) break;
    view.note.textContent = "Connection lost. Listening again…";
    response = null;
    await pause(Math.min(RETRY.first * 2 ** tries, RETRY.most));
  }
  view.note.textContent = "Connection lost. Reload the page to see the rest.";
  end(live);
}

/** Waits, or less when the browser says that it is online or in sight again. */
const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
    addEventListener("online", resolve, { once: true });
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
  // The server names the conversation likewise; this is what is shown until the answer's end.
  const title = text.startsWith("/") ? "" : text.trim().split("\n", 1)[0].slice(0, 60);
  state.sessions.unshift({ ...session, title, model: state.model, updated_ms: Date.now() });
  showSessions();
}

async function loadMe() {
  const [me, { sessions }] = await Promise.all([get("/web/me"), get("/web/sessions")]);
  Object.assign(state, { me, sessions });
}

/** After a turn: usage, titles and their order may have changed. */
async function refresh() {
  try {
    await loadMe();
    showUsage();
    showSessions();
  } catch {
    // Only figures: they come with the next turn.
  }
}

const titleOf = (session) => session?.title || "New conversation";

function showSessions() {
  const day = 86_400_000;
  const today = new Date().setHours(0, 0, 0, 0);
  const label = (ms) => {
    if (ms >= today) return "Today";
    if (ms >= today - day) return "Yesterday";
    return ms >= today - 6 * day ? "This week" : "Earlier";
  };
  const sessions = [...state.sessions].sort((a, b) => b.updated_ms - a.updated_ms);
  let group = "";
  let items;
  $("list").replaceChildren();
  for (const s of sessions) {
    if (label(s.updated_ms) !== group) {
      group = label(s.updated_ms);
      items = make("ul", { "aria-label": group });
      $("list").append(make("h2", {}, group), items);
    }
    const here = s.id === state.current && "page";
    const link = make("a", { href: `#${s.id}`, "aria-current": here }, titleOf(s));
    items.append(make("li", {}, link));
  }
  const current = state.sessions.find((s) => s.id === state.current);
  $("title").textContent = titleOf(current);
  document.title = current?.title ? `${current.title} · Berth` : "Berth";
  $("rename").hidden = $("delete").hidden = !current;
  $("model").value = (current ?? state).model ?? state.me.models[0];
}

/** Opens the conversation that the address names; `#new` and unknown ones are a new one. */
async function route() {
  const id = decodeURIComponent(location.hash.slice(1));
  state.live?.abort.abort();
  state.live = null;
  state.current = state.sessions.some((s) => s.id === id) ? id : null;
  drawer(false);
  notice("");
  busy();
  showSessions();
  setText(sessionStorage.getItem(draftKey()) ?? "");
  if (!touch.matches) $("text").focus();
  await showTurns();
}

async function showTurns() {
  const { current } = state;
  state.oldest = null;
  state.more = false;
  state.stick = true;
  if (!current) return showHello();
  $("turns").replaceChildren();
  try {
    const views = await loadTurns();
    if (!views) return;
    if (!views.length) showHello();
    const last = views.at(-1);
    if (last?.open && !state.live) {
      state.live = { view: last, abort: new AbortController(), stopping: false };
      busy();
      await listen(state.live, null);
    }
  } catch (refusal) {
    if (refusal.status === 401) return;
    const again = button("Try again", "primary", showTurns);
    showCard(p(`This conversation could not be loaded. ${refusal.message}`), again);
  }
}

/** Puts a page of turns on top; returns their views, null where another conversation was opened. */
async function loadTurns() {
  const { current, oldest } = state;
  const before = oldest ? `?before=${encodeURIComponent(oldest)}` : "";
  const { turns, more } = await get(sessionPath(`/turns${before}`));
  if (state.current !== current || state.oldest !== oldest) return null;
  const views = turns.map((turn) => new TurnView(turn));
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
const earlier = new IntersectionObserver(
  (entries) => entries.some((e) => e.isIntersecting) && loadEarlier(),
  { root: $("log") },
);

function showHello() {
  const hour = new Date().getHours();
  const part = hour < 5 || hour >= 18 ? "evening" : hour < 12 ? "morning" : "afternoon";
  const buttons = EXAMPLES.map((text) => button(text, null, () => send(text)));
  const hello = make(
    "div",
    { id: "hello" },
    make("h2", {}, `Good ${part}, ${state.me.tenant}.`),
    p("Write a message below, or begin with one of these."),
    make("div", { class: "examples" }, ...buttons),
    p("Type ", code("/help"), " to see what else Berth understands."),
  );
  $("turns").replaceChildren(hello);
}

/** Asks in a dialogue; resolves to the text (or true), or to something false when cancelled. */
function ask(title, body, yes, value) {
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

async function rename() {
  const session = state.sessions.find((s) => s.id === state.current);
  const title = await ask("Rename this conversation", "", "Rename", session.title);
  if (!title || title === session.title) return;
  await call("PATCH", sessionPath(), { title });
  session.title = title;
  showSessions();
}

async function remove() {
  const session = state.sessions.find((s) => s.id === state.current);
  const body = `“${titleOf(session)}” and its messages will be gone.`;
  if (!(await ask("Delete this conversation?", body, "Delete"))) return;
  await call("DELETE", sessionPath());
  state.sessions = state.sessions.filter((s) => s !== session);
  location.hash = state.sessions[0]?.id ?? "new";
}

async function chooseModel() {
  const session = state.sessions.find((s) => s.id === state.current);
  if (session) await call("PATCH", sessionPath(), { model: $("model").value });
  (session ?? state).model = $("model").value;
}

// ---------------------------------------------------------------- the page around it

function showUsage() {
  const u = state.me.usage;
  if (!u) return;
  const meter = (name, used, limit) => {
    const label = limit ? `${count(used)} of ${count(limit)} ${name}` : `${count(used)} ${name}`;
    const line = make("div", {}, make("span", {}, label));
    if (!limit) return line;
    const value = Math.min(used, limit);
    line.append(make("progress", { max: limit, value, "aria-label": label }));
    line.classList.toggle("near", used >= 0.9 * limit);
    return line;
  };
  const wait = (u.resets_ms - Date.now()) / 1000;
  const reset = wait > 0 ? `New allowance at ${timeOf(u.resets_ms)}, in ${inWords(wait)}.` : "";
  $("usage").replaceChildren(
    meter("requests today", u.requests, u.requests_limit),
    meter("tokens today", u.tokens, u.tokens_limit),
    p(reset),
  );
}

function hint() {
  const text = $("text").value;
  if (text.startsWith("/")) $("hint").textContent = "/help  /new  /model  /usage  /stop  /web";
  else if (!navigator.onLine) $("hint").textContent = "You are offline.";
  else if (state.live) $("hint").textContent = touch.matches ? "" : "Esc stops the answer";
  else $("hint").textContent = touch.matches ? "" : "Enter sends · Shift+Enter makes a new line";
}

const draftKey = () => `draft ${state.current ?? "new"}`;

function setText(text) {
  $("text").value = text;
  typed();
}

function typed() {
  const box = $("text");
  if ($("text").value) sessionStorage.setItem(draftKey(), box.value);
  else sessionStorage.removeItem(draftKey());
  if (!CSS.supports("field-sizing", "content")) {
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }
  $("send").disabled = state.live !== null || !box.value.trim();
  hint();
}

function scrollToEnd() {
  if (state.stick) $("log").scrollTop = $("log").scrollHeight;
}

function scrolled() {
  const log = $("log");
  state.stick = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  $("latest").hidden = state.stick;
}

/** On a narrow page the list is a drawer; closed, it is out of reach of Tab too. */
function drawer(open) {
  const side = $("side");
  const had = side.contains(document.activeElement);
  document.body.classList.toggle("drawer", open && narrow.matches);
  side.inert = narrow.matches && !open;
  if (!narrow.matches) return;
  document.querySelector("main").inert = open;
  $("open").setAttribute("aria-expanded", open);
  if (open) $("shut").focus();
  else if (had) $("open").focus();
}

function showCard(...children) {
  const icon = make("img", { src: "/web/icon.svg", alt: "", width: 56, height: 56 });
  $("turns").replaceChildren(make("div", { class: "card" }, icon, ...children));
}

function showSignedOut() {
  state.live?.abort.abort();
  state.live = null;
  document.body.className = "out";
  showCard(
    make("h2", {}, "Log in with your link"),
    p("This page opens with a personal link. To get one, send ", code("/web"),
      " to the bot, or ask your operator to run ", code("berth tenant link"), " with your name."),
    p("A link works once; then this browser stays logged in for 90 days."),
  );
}

async function start() {
  try {
    await loadMe();
  } catch (refusal) {
    if (refusal.status === 401) return;
    showCard(
      make("h2", {}, "Berth cannot be reached"),
      p(refusal.status ? refusal.message : "The page tries again by itself."),
      button("Try again", "primary", () => location.reload()),
    );
    await pause(5_000);
    return start();
  }
  document.body.className = "";
  $("who").textContent = state.me.tenant;
  const { models } = state.me;
  const option = (m) => make("option", { value: m }, m === "berth" ? "Automatic" : m);
  $("model").replaceChildren(...models.map(option));
  $("model").hidden = models.length < 2;
  showUsage();
  const newest = [...state.sessions].sort((a, b) => b.updated_ms - a.updated_ms)[0];
  if (!location.hash && newest) history.replaceState(null, "", `#${newest.id}`);
  addEventListener("hashchange", route);
  await route();
}

/** Runs an action from a click; a refusal becomes a notice. */
const on = (id, event, action) =>
  $(id).addEventListener(event, (e) => Promise.resolve(action(e)).catch(explain));

on("composer", "submit", (e) => {
  e.preventDefault();
  return send($("text").value);
});
on("text", "input", typed);
on("text", "keydown", (e) => {
  // Enter on a screen keyboard, or that ends a composed word (229 in Safari), does not send.
  if (e.key !== "Enter" || e.shiftKey || touch.matches) return;
  if (e.isComposing || e.keyCode === 229) return;
  e.preventDefault();
  return send($("text").value);
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
  if (e.key !== "Escape" || $("ask").open || e.isComposing) return;
  if (document.body.classList.contains("drawer")) drawer(false);
  else stop();
});
for (const name of ["online", "offline"]) addEventListener(name, hint);
narrow.addEventListener("change", () => drawer(false));
new ResizeObserver(scrollToEnd).observe($("log"));
start();
