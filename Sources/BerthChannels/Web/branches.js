// Other answers to a message, other words for it, the rest of a cut answer, and other windows.
import { $, say } from "./dom.js";
import { explain, notice, touch } from "./frame.js";
import { showTurns } from "./history.js";
import { find } from "./library.js";
import { call, turnPath } from "./server.js";
import { page, state } from "./state.js";
import { w } from "./words.js";

/** Asks `words` in place of a turn and of those after it, which are kept as another branch. */
async function branch(view, words, path, body) {
  if (state.live) return;
  const { branch, inputs } = view.first;
  const count = (branch?.count ?? 1) + 1;
  const gone = [view.element];
  while (gone.at(-1).nextSibling) gone.push(gone.at(-1).nextSibling);
  for (const element of gone) element.remove();
  const live = page.begin({
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
    await page.follow(live, await call("POST", path, body, signal));
  } catch (refusal) {
    if (signal.aborted) return;
    undo();
    page.end(live);
    explain(refusal);
  }
}

/** Begins a turn whose answer belongs to a shown one, which `change` shows. */
async function append(view, change, path) {
  if (state.live) return;
  notice("");
  state.live = { view, abort: new AbortController(), stopping: false };
  state.stick = true;
  change({ state: "sending", continues: true, created_ms: Date.now() });
  page.composer.busy();
  if (!touch.matches) $("text").focus();
  await request(state.live, path, undefined, () => showTurns(null, true));
}

/** Goes on with an answer that was cut. */
export function goOn(view) {
  return append(view, (t) => view.extend(t), turnPath(view.turn.id, "continue"));
}

/** Asks for another answer, from `model` if it is given. */
export function again(view, model) {
  const { turn, first } = view;
  const query = model ? `?model=${encodeURIComponent(model)}` : "";
  if (turn !== first && turn.state !== "done") {
    return append(view, (t) => view.resumeAs(t), turnPath(turn.id, `again${query}`));
  }
  return branch(view, first.text, turnPath(first.id, `again${query}`));
}

/** Asks other words in place of a message. `close` shows the message again. */
export async function edit(view, text, close) {
  // A command changes no turn.
  if (/^\/(?!image\b|translate\b)[a-z_]+(?!\S)/i.test(text.trim())) {
    close();
    return page.send(text);
  }
  // If the words are refused, their box comes back.
  await branch(view, text, turnPath(view.first.id, "edit"), { text });
}

/** Shows the version of a turn before it or after it, with all that follows. */
export async function step(view, way) {
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
  say(arrows?.getAttribute("aria-label"));
}

// ---------------------------------------------------------------- other windows

const tabs = new BroadcastChannel("berth");

/** Tells the other windows of this browser that the open conversation has changed. */
export const tellTabs = (gone = false) => tabs.postMessage({ id: state.current, gone });

tabs.onmessage = async ({ data: { id, gone } }) => {
  if (!state.me) return;
  await page.refresh();
  if (id !== state.current || state.live || document.querySelector(".edit")) return;
  if (!gone) return showTurns(null, true);
  history.replaceState(null, "", "#new");
  await page.route();
  notice(w("deletedElsewhere"));
};

/** Shows what was said on another device while this page was out of sight. */
document.addEventListener("visibilitychange", async () => {
  if (document.hidden || !state.me || state.live || document.querySelector(".edit")) return;
  const { current } = state;
  const before = find(current)?.updated_ms;
  await page.refresh();
  const now = find(current);
  if (!now || now.updated_ms === before || state.live || state.current !== current) return;
  await showTurns(null, true);
});
