// The parts around the conversation: the list of conversations, usage, notices and cards.
import { $, make, p } from "./dom.js";
import { inWords, timeOf, w } from "./words.js";

/** Matches touch screens, where Enter makes a new line and no keyboard opens by itself. */
export const touch = matchMedia("(pointer: coarse)");
/** Matches narrow pages, where the list is a drawer. */
export const narrow = matchMedia("(max-width: 760px)");

/** Shows a notice above the message box, or hides it if `text` is empty. */
export function notice(text) {
  $("notice").hidden = !text;
  $("notice").textContent = text;
}

/** Shows the server's reason for a refusal. */
export function explain(refusal) {
  const { status, message, wait } = refusal;
  if (status === 401) return;
  if (status === 0) notice(`${message} ${w("kept")}`);
  else if (status === 413) notice(`${message} ${w("tooLong")}`);
  else if (status === 429 && wait) {
    const values = { wait: inWords(wait), time: timeOf(Date.now() + wait * 1000) };
    notice(`${message} ${w(wait > 90 ? "sendAgainAt" : "sendAgain", values)}`);
  } else notice(message);
}

/** The title of a conversation. */
export const titleOf = (session) => session?.title || w("newConversation");

/** Shows the conversations: the pinned ones, then the most recently used. `rest` follows them. */
export function showList(sessions, current, ...rest) {
  const day = 86_400_000;
  const today = new Date().setHours(0, 0, 0, 0);
  const label = ({ pinned, archived, updated_ms: ms }) => {
    if (archived) return w("archived");
    if (pinned) return w("pinned");
    if (ms >= today) return w("today");
    if (ms >= today - day) return w("yesterday");
    return ms >= today - 6 * day ? w("thisWeek") : w("earlier");
  };
  const latest = [...sessions].sort((a, b) => b.pinned - a.pinned || b.updated_ms - a.updated_ms);
  let group = "";
  let items;
  $("list").replaceChildren();
  for (const s of latest) {
    if (label(s) !== group) {
      group = label(s);
      items = make("ul", { "aria-label": group });
      $("list").append(make("h2", {}, group), items);
    }
    const here = s.id === current && "page";
    const link = make("a", { href: `#${s.id}`, "aria-current": here }, titleOf(s));
    items.append(make("li", {}, link));
  }
  $("list").append(...rest);
}

/** Shows how much of today's quota is used. */
export function showUsage(u) {
  if (!u) return;
  const meter = (name, used, limit) => {
    const label = w(limit ? `${name}Of` : name, { n: used, most: limit });
    const line = make("div", {}, make("span", {}, label));
    if (!limit) return line;
    const value = Math.min(used, limit);
    line.append(make("progress", { max: limit, value, "aria-label": label }));
    line.classList.toggle("near", used >= 0.9 * limit);
    return line;
  };
  const wait = (u.resets_ms - Date.now()) / 1000;
  const reset = wait > 0 ? w("resets", { time: timeOf(u.resets_ms), wait: inWords(wait) }) : "";
  $("usage").replaceChildren(
    meter("requests", u.requests, u.requests_limit),
    meter("tokens", u.tokens, u.tokens_limit),
    p(reset),
  );
}

/** Opens or closes the list on a narrow page. Tab skips a closed list. */
export function drawer(open) {
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

/** Shows a card in place of the conversation. */
export function showCard(...children) {
  const icon = make("img", { src: "/web/icon.svg", alt: "", width: 56, height: 56 });
  $("turns").replaceChildren(make("div", { class: "card" }, icon, ...children));
}

/** Shows the greeting of a new conversation. An example is passed to `send`. */
export function showHello(tenant, send) {
  const hour = new Date().getHours();
  const part = hour < 5 || hour >= 18 ? "evening" : hour < 12 ? "morning" : "afternoon";
  const hello = $("card-hello").content.cloneNode(true);
  hello.querySelector("h2").textContent = w(part, { name: tenant });
  hello.querySelector(".examples").addEventListener("click", ({ target }) =>
    target.matches("button") && send(target.textContent));
  $("turns").replaceChildren(hello);
}
