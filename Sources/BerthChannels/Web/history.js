// The turns of the open conversation, which are loaded in pages.
import { $, button, make, p } from "./dom.js";
import { explain, showCard } from "./frame.js";
import { call, get, turnPath } from "./server.js";
import { page, state } from "./state.js";
import { TurnView, pause } from "./turn.js";
import { w } from "./words.js";

/**
 * Shows the newest turns, or those from the turn `target` on. `isHere` tells that the conversation is
 * shown already.
 */
export async function showTurns(target, isHere) {
  const { current } = state;
  state.oldest = null;
  state.more = false;
  state.stick = true;
  if (!current) return page.greet();
  if (!isHere) $("turns").replaceChildren();
  try {
    const views = await loadTurns(isHere);
    if (!views) return;
    if (!views.length) page.greet();
    if (target) await showTurn(target);
    const last = views.at(-1);
    if (last?.open && !state.live) {
      state.live = { view: last, abort: new AbortController(), stopping: false };
      page.composer.busy();
      await page.follow(state.live, null);
    }
  } catch (refusal) {
    if (refusal.status === 401 || state.current !== current) return;
    const again = button(w("tryAgain"), "primary", () => showTurns());
    showCard(p(w("notLoaded")), p(refusal.message), again);
  }
}

/** Loads an older page of turns. Returns their views, or null if another conversation was opened. */
async function loadTurns(isHere) {
  const { current, oldest } = state;
  const before = oldest ? `?before=${encodeURIComponent(oldest)}` : "";
  const { turns, more } = await get(page.sessionPath(`/turns${before}`));
  if (state.current !== current || state.oldest !== oldest) return null;
  if (isHere && state.live) return null;
  if (isHere) $("turns").replaceChildren();
  const views = [];
  for (const turn of turns) {
    if (turn.continues && views.length) views.at(-1).extend(turn);
    else views.push(new TurnView(turn, page.host));
    const { dataset } = views.at(-1).element;
    dataset.turns = `${dataset.turns ?? ""} ${turn.id}`;
  }
  const log = $("log");
  const fromEnd = log.scrollHeight - log.scrollTop;
  $("earlier")?.remove();
  $("turns").prepend(...views.map((v) => v.element));
  state.oldest = turns[0]?.id ?? oldest;
  if (!oldest) state.seen = turns.findLast(({ text }) => !/^\/(image|translate)\b/i.test(text));
  drawMemory(state.seen);
  state.more = more && turns.length > 0;
  if (state.more) {
    const link = button(w("earlierMessages"), "link", loadEarlier);
    link.id = "earlier";
    $("turns").prepend(link);
    earlier.disconnect();
    earlier.observe(link);
  }
  if (oldest) log.scrollTop = log.scrollHeight - fromEnd;
  else page.scrollToEnd();
  return views;
}

/** Draws the line above the first turn that the model saw when it answered `turn`. */
export function drawMemory(turn) {
  state.seen = turn;
  $("memory")?.remove();
  const id = turn?.left_out?.turn;
  if (!id) return;
  const last = [...$("turns").children].findLast(
    ({ view, dataset }) =>
      view && ([view.first.id, view.turn.id].includes(id) || dataset.turns?.split(" ").includes(id)),
  );
  last?.after(make("p", { id: "memory", class: "memory" }, turn.left_out.text));
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

/** Shows the turn `id`, also if it is on another branch. */
async function showTurn(id) {
  const there = () => document.querySelector(`[data-turns~="${CSS.escape(id)}"]`);
  await loadAll(there);
  if (!there()) {
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
export async function printAll() {
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
