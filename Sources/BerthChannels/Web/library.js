// The collection of conversations: the list in pages, search, pins, the archive, links, the theme.
import { $, button, copy, make, say } from "./dom.js";
import { drawer, explain, titleOf } from "./frame.js";
import { call, get } from "./server.js";
import { w } from "./words.js";

/** Time for which a deletion can be undone, in ms. The server allows a little more. */
const UNDO = 28_000;

/** Pause after a letter before a search begins, in ms. */
const PAUSE = 250;

let state;
let host;

const path = (id, rest = "") => `/web/sessions/${encodeURIComponent(id)}${rest}`;

/** The conversation `id`, from the list or opened by its address. */
export const find = (id) =>
  state.sessions.find((s) => s.id === id) ?? (state.other?.id === id ? state.other : undefined);

// ---------------------------------------------------------------- the list

/** Loads the first page of the list again. Older pages that are shown stay. */
export async function loadSessions() {
  const { sessions, more } = await get(`/web/sessions?archived=${+state.archived}`);
  const end = sessions.at(-1)?.updated_ms;
  const isOlder = (s) => more && !s.pinned && s.updated_ms <= end && s.archived === state.archived;
  const old = state.sessions.filter((s) => isOlder(s) && sessions.every(({ id }) => id !== s.id));
  if (!old.length) state.moreSessions = more;
  state.sessions = [...sessions, ...old];
}

/** Loads the next page of the list. */
export async function loadMore() {
  const last = [...state.sessions].sort((a, b) => b.pinned - a.pinned || b.updated_ms - a.updated_ms).at(-1);
  const query = `archived=${+state.archived}&before=${encodeURIComponent(last.id)}`;
  try {
    const { sessions, more } = await get(`/web/sessions?${query}`);
    state.moreSessions = more;
    state.sessions.push(...sessions.filter((s) => state.sessions.every(({ id }) => id !== s.id)));
    host.show();
    document.querySelector(`#list a[href="#${CSS.escape(sessions[0]?.id ?? "")}"]`)?.focus();
  } catch (refusal) {
    explain(refusal);
  }
}

/** The button that shows the archive, or the other conversations again. */
export const archived = () =>
  button(state.archived ? w("archiveBack") : w("archiveShow"), "link", async () => {
    Object.assign(state, { archived: !state.archived, sessions: [], other: find(state.current) });
    await loadSessions().catch(explain);
    host.show();
    $("list").querySelector("a, button").focus();
  });

/** Shows the actions that fit the open conversation. */
export function showActions(session) {
  for (const item of document.querySelectorAll("#actions .own")) item.hidden = !session;
  $("pin").textContent = session?.pinned ? w("unpin") : w("pin");
  $("archive").textContent = session?.archived ? w("unarchive") : w("archive");
  if (!session) return;
  $("save-md").href = path(session.id, "/export?format=markdown");
  $("save-json").href = path(session.id, "/export?format=json");
}

async function change(values) {
  const session = find(state.current);
  await call("PATCH", path(session.id), values);
  Object.assign(session, values);
  state.other = session;
  await loadSessions();
  host.show();
}

/** Offers to undo the deletion of a conversation for a while. */
export function showUndo(session) {
  const undo = async () => {
    $("undo").hidden = true;
    try {
      await call("DELETE", path(session.id, "/removal"));
      await loadSessions();
      location.hash = session.id;
    } catch (refusal) {
      explain(refusal);
    }
  };
  $("undo").replaceChildren(`${w("wasDeleted", { title: titleOf(session) })} `, button(w("undo"), "link", undo));
  $("undo").hidden = false;
  clearTimeout(showUndo.timer);
  showUndo.timer = setTimeout(() => ($("undo").hidden = true), UNDO);
}

// ---------------------------------------------------------------- search

let searching = new AbortController();

const pieces = (list) => list.map(({ text, match }) => (match ? make("mark", {}, text) : text));

function result({ session, title, turn, archived, excerpt }) {
  const name = title.length ? pieces(title) : [titleOf()];
  const where = make("strong", {}, ...name, archived ? ` (${w("archivedNote")})` : "");
  const href = turn ? `#${session}/${turn}` : `#${session}`;
  const link = make("a", { href }, where, make("span", {}, ...pieces(excerpt)));
  // The open turn is shown again.
  link.addEventListener("click", () => location.hash === href && dispatchEvent(new Event("hashchange")));
  return make("li", {}, link);
}

/** Searches on from `before`, or anew, until there are results or everything was searched. */
async function search(text, before) {
  searching.abort();
  const { signal } = (searching = new AbortController());
  const list = $("found");
  $("list").hidden = !!text;
  list.hidden = !text;
  if (!before) list.replaceChildren();
  if (!text) return;
  if (!before) await new Promise((done) => setTimeout(done, PAUSE));
  try {
    let next = before;
    let found = 0;
    do {
      if (signal.aborted) return;
      const query = new URLSearchParams(next ? { q: text, before: next } : { q: text });
      const page = await (await call("GET", `/web/search?${query}`, undefined, signal)).json();
      list.append(...page.hits.map(result));
      found += page.hits.length;
      next = page.next;
    } while (next && !found);
    const more = (e) => {
      e.target.remove();
      search(text, next);
    };
    if (next) list.append(make("li", {}, button(w("searchOlder"), "link", more)));
    if (!list.children.length) list.append(make("li", { class: "quiet" }, w("nothingFound")));
    say(found ? w("results", { n: found }) : w("nothingFound"));
  } catch (refusal) {
    if (!signal.aborted) list.append(make("li", { class: "quiet" }, refusal.message));
  }
}

// ---------------------------------------------------------------- links

async function showShares() {
  const { shares } = await get("/web/shares");
  const session = find(state.current);
  const isShared = shares.some((s) => s.session === session?.id);
  const add = async () => {
    await call("PUT", path(session.id, "/share"));
    await showShares();
    $("share-list").querySelector("input").select();
  };
  const words = isShared ? w("shareRenew") : w("shareMake");
  const run = (action) => (e) => action(e).catch((r) => ($("share-problem").textContent = r.message));
  $("share-problem").textContent = "";
  $("share-new").replaceChildren(...(session ? [button(words, "primary", run(add))] : []));
  const current = (s) => s.session === session?.id;
  shares.sort((a, b) => current(b) - current(a));
  $("share-list").replaceChildren(...shares.map((share) => {
    const name = titleOf(share);
    const end = button(w("shareEnd"), "link", run(async () => {
      await call("DELETE", path(share.session, "/share"));
      await showShares();
      $("share-close").focus();
    }));
    end.setAttribute("aria-label", w("shareEndOf", { name }));
    const take = button(w("copy"), "link", (e) => copy(share.url, e.target));
    take.setAttribute("aria-label", w("shareCopyOf", { name }));
    const link = make("input", { readonly: "", value: share.url, "aria-label": w("shareOf", { name }) });
    return make("li", {}, make("strong", {}, name), link, make("div", {}, take, " ", end));
  }));
  if (!$("shares").open) $("shares").showModal();
}

// ---------------------------------------------------------------- setting up

/**
 * Connects the list's and the menu's controls.
 *
 * @param page the page's state.
 * @param actions `{ show, print }`: shows the list again, and prints the open conversation.
 */
export function setUpLibrary(page, actions) {
  state = page;
  host = actions;
  const on = (id, event, action) =>
    $(id).addEventListener(event, (e) => Promise.resolve(action(e)).catch(explain));
  // The menu closes first, so that a dialogue gives the focus back to the menu's button.
  $("actions").addEventListener("click", () => $("actions").hidePopover(), true);
  on("pin", "click", () => change({ pinned: !find(state.current).pinned }));
  on("archive", "click", () => change({ archived: !find(state.current).archived }));
  on("print", "click", host.print);
  on("share", "click", showShares);
  on("share-close", "click", () => $("shares").close());
  on("search", "input", (e) => search(e.target.value.trim()));
  on("found", "click", (e) => e.target.closest("a") && drawer(false));
  on("theme", "change", (e) => {
    document.documentElement.dataset.theme = e.target.value;
    localStorage.setItem("theme", e.target.value);
  });
  $("theme").value = document.documentElement.dataset.theme;
}
