// A shared conversation, for readers who are not logged in.
import { $, copy, make, p } from "./dom.js";
import { typeset } from "./formula.js";
import { render } from "./markdown.js";
import { paint } from "./paint.js";
import { boxOf } from "./pictures.js";
import { get } from "./server.js";
import { w } from "./words.js";

/** The pictures of a question or an answer. */
function gallery(pictures, isGiven) {
  const label = isGiven ? w("picturesGiven") : w("pictures");
  const items = pictures.map((picture, i) => {
    const alt = `${w("picture")} ${i + 1}`;
    const src = picture.thumbnail ?? picture.url;
    const image = make("img", { src, alt, ...boxOf(picture, isGiven), loading: "lazy" });
    return make("li", {}, make("a", { href: picture.url, target: "_blank" }, image));
  });
  return make("ul", { class: `pictures${isGiven ? " given" : ""}`, "aria-label": label }, ...items);
}

/** The text of the last answer, and the element that shows it. */
const last = { answer: "", body: null };

function show({ text, answer, inputs, pictures, continues }) {
  if (continues && last.body) {
    last.answer += answer;
    last.body.replaceChildren(render(last.answer));
    typeset(last.body).catch(console.warn);
    paint(last.body);
    return;
  }
  const told = make("div", { class: "answer" });
  // The Markdown of pictures leads to files that only their owner sees.
  const words = pictures ? answer.replace(/!\[[^\n]*?\]\(\/files\/[\w-]+\)\s*/g, "") : answer;
  const body = make("div", { class: "md" }, render(words));
  Object.assign(last, { answer: words, body });
  told.append(body, ...(pictures ? [gallery(pictures, false)] : []));
  const turn = make("article", { class: "turn" }, make("h2", { class: "unseen" }, w("message")));
  if (inputs) turn.append(gallery(inputs, true));
  turn.append(make("p", { class: "asked" }, text), make("h2", { class: "unseen" }, w("answer")), told);
  $("turns").append(turn);
  typeset(body).catch(console.warn);
  paint(body);
}

async function load() {
  try {
    for (let next = ""; next !== null; ) {
      const query = next && `?after=${encodeURIComponent(next)}`;
      const page = await get(`${location.pathname}/turns${query}`);
      if (page.title) $("title").textContent = page.title;
      document.title = `${$("title").textContent} · Berth`;
      page.turns.forEach(show);
      next = page.next ?? null;
    }
    if (!$("turns").children.length) $("turns").append(p(w("sharedEmpty")));
  } catch (refusal) {
    $("turns").replaceChildren(make("div", { class: "card" }, p(refusal.status === 404 ? w("sharedGone") : refusal.message)));
  }
}

$("turns").addEventListener("click", (e) => {
  if (!e.target.matches("button.copy")) return;
  copy(e.target.closest("figure").querySelector("pre").textContent, e.target);
});
load();
