// One turn on the page: the question, the growing answer and the outcome.
import { button, copy, make, say } from "./dom.js";
import { typeset } from "./formula.js";
import { GrowingText, render } from "./markdown.js";
import { paint } from "./paint.js";
import { Gallery } from "./pictures.js";
import { Refusal, call, events, turnPath } from "./server.js";
import { arrowsOf, edit, modelsOf } from "./versions.js";
import { dateOf, dollars, inWords, sentence, timeOf, w } from "./words.js";

/** Reconnecting after a lost connection: first wait and longest wait in ms, most tries. */
const RETRY = { first: 500, most: 15_000, tries: 60 };

/** Waiting for a restart of the service: longest wait between two tries and in all, in ms. */
const RESTART = { most: 3_000, all: 120_000 };

/** Shortest time between two announcements of a queue position, in ms. It changes every second. */
const SAY_PLACE_EVERY = 20_000;

/** An answer that is made of the service's own pictures alone, which the page shows as such. */
const ONLY_PICTURES = /^(?:!\[[^\n]*\]\(\/files\/[\w-]+\)\s*)+$/;

/** A turn on the page. */
export class TurnView {
  /**
   * @param turn the server's JSON of the turn.
   * @param host `{ grown, seen, again, edit, step, goOn, repeat, refused, models }`, called when the
   *   answer grew, when the model sees only a part of the conversation, when the user asks again (with a model), sends other words, wants to see another
   *   version, a cut answer to continue or the pictures to be made again, when the server has
   *   refused something, and for the names of the models.
   */
  constructor(turn, host) {
    this.turn = turn;
    /** The turn of the question. `turn` is a later one if a cut answer continues. */
    this.first = turn;
    /** The text, tokens and cost of the turns before `turn`. */
    this.base = "";
    this.spent = { tokens: 0, micros: 0 };
    this.host = host;
    this.answer = make("div", { class: "md" });
    this.thoughts = make("pre", { class: "thoughts" });
    this.reasoning = make(
      "details", { class: "reasoning", hidden: "" }, make("summary", {}, w("reasoning")), this.thoughts,
    );
    this.sources = make("ol", { class: "sources", hidden: "" });
    this.given = new Gallery(true, host);
    this.made = new Gallery(false, host);
    this.place = make("p", { class: "place" });
    this.note = make("p", { class: "note" });
    this.meta = make("div", { class: "meta" });
    this.text = "";
    this.fresh = "";
    this.frame = 0;
    this.resume = 0;
    this.saidPlace = -SAY_PLACE_EVERY;
    this.asked = make(
      "p", { class: "asked", title: dateOf(turn.created_ms) }, turn.text,
    );
    this.whole = make("p", { class: "whole", hidden: "" });
    this.mine = make("div", { class: "mine" });
    this.element = make(
      "article",
      { class: turn.continues ? "turn continued" : "turn" },
      make("h2", { class: "unseen" }, w("youWrote")),
      this.given.element,
      this.asked,
      this.whole,
      this.mine,
      make("h2", { class: "unseen" }, w("answer")),
      make(
        "div", { class: "answer" },
        this.reasoning, this.answer, this.made.element, this.sources, this.place, this.note,
        this.meta,
      ),
    );
    this.element.view = this;
    if (turn.previews) this.given.preview(turn.previews.map(({ canvas }) => canvas));
    if (turn.reasoning) this.think(turn.reasoning);
    if (turn.answer) {
      this.text = turn.answer;
      if (!this.isPictures) this.answer.append(render(turn.answer));
      this.typeset();
    }
    this.show();
  }

  /** Whether the answer is pictures alone, whose Markdown is not shown. */
  get isPictures() {
    return ONLY_PICTURES.test(this.text);
  }

  /** The words of the picture `id`, which the answer's Markdown has. */
  wordsOf(id) {
    const end = this.text.indexOf(`](/files/${id})`);
    const start = this.text.lastIndexOf("![", end);
    const words = end < 0 || start < 0 ? "" : this.text.slice(start + 2, end);
    return words.replace(/\\([!-/:-@[-`{-~])/g, "$1") || this.turn.text;
  }

  get open() {
    return ["sending", "accepted", "running"].includes(this.turn.state);
  }

  /** Updates the note, figures and buttons to the turn's state. */
  show(change) {
    Object.assign(this.turn, change);
    const { turn } = this;
    this.element.dataset.state = turn.state;
    this.element.classList.toggle("waiting", this.open && !this.text);
    const why = turn.error && sentence(turn.error);
    this.showSources(turn.sources ?? []);
    if (this.first.whole_text) this.showWhole(this.first.whole_text);
    if (turn.inputs) this.given.show(turn.inputs, () => turn.text || w("pictureOfYours"));
    this.made.show(turn.pictures ?? [], ({ id }) => this.wordsOf(id));
    this.note.textContent = {
      done: turn.note ?? "",
      stopped: w("stopped"),
      failed: why || w("failed"),
      uncertain: w("uncertain"),
    }[turn.state] ?? "";
    this.meta.replaceChildren();
    this.mine.replaceChildren();
    if (this.open) return;
    this.place.textContent = "";
    this.showFacts();
    if (this.text && !this.isPictures) {
      this.meta.append(button(w("copy"), "link", (e) => copy(this.text, e.target)));
    }
    if (turn.state === "done" && turn.pictures?.length) {
      this.meta.append(button(w("makeAgain"), "link again", () => this.host.repeat(turn.text)));
    }
    const isWhole = turn.state === "done";
    if (isWhole && turn.ending === "length") {
      this.meta.append(button(w("continue"), "link again act continue", () => this.host.goOn(this)));
    }
    // The answer to a command has no model.
    if (!turn.id || (isWhole && !turn.model)) return;
    if (!this.first.whole_text) {
      this.mine.append(button(w("edit"), "link", () => edit(this, this.first.text)));
    }
    const isOrder = /^\/image\b/i.test(this.first.text);
    const [name, style] = isWhole ? [w("regenerate"), ""] : [w("askAgain"), "again"];
    if (!isWhole || !isOrder) {
      this.meta.append(button(name, `link act ${style}`, () => this.host.again(this)));
    }
    if (!isOrder) this.meta.append(...modelsOf(this));
    if (this.first.branch) this.meta.prepend(arrowsOf(this, this.first.branch));
  }

  /** Links the whole text of a long message, of which the page shows the beginning. */
  showWhole({ url, bytes }) {
    const words = w("wholeText", { n: Math.ceil(bytes / 1024) });
    this.whole.hidden = false;
    this.whole.replaceChildren(
      url ? make("a", { href: url, target: "_blank", rel: "noopener" }, words)
        : w("wholeTextDeleted"),
    );
  }

  /** Shows the time, the model, and the tokens and cost of the answer. */
  showFacts() {
    const { turn, spent } = this;
    const tokens = spent.tokens + (turn.output_tokens ?? 0);
    const micros = spent.micros + (turn.cost_micros ?? 0);
    const facts = [turn.created_ms && timeOf(turn.created_ms), turn.model];
    if (tokens) facts.push((turn.estimated ? "≈ " : "") + w("tokensUsed", { n: tokens }));
    if (micros) facts.push(dollars(micros));
    const title = turn.input_tokens ? w("promptTokens", { n: turn.input_tokens }) : null;
    this.meta.append(make("span", { class: "facts", title }, facts.filter(Boolean).join(" · ")));
    if (!turn.cached) return;
    this.meta.append(make("span", { class: "cached", title: w("cachedAbout") }, w("cached")));
  }

  /** Goes on with `turn`, whose answer continues that of the turn before it. */
  extend(turn) {
    this.spent.tokens += this.turn.output_tokens ?? 0;
    this.spent.micros += this.turn.cost_micros ?? 0;
    this.base = this.text;
    this.resumeAs(turn);
    if (turn.reasoning) this.think(turn.reasoning);
    if (!turn.answer) return;
    this.text += turn.answer;
    this.growing.push(turn.answer);
    this.growing.end();
    this.typeset();
    this.show();
  }

  /** Answers the last part anew, as `turn`. */
  resumeAs(turn) {
    this.turn = turn;
    this.redraw();
    this.show();
  }

  /** Draws the text of the turns before `turn` alone. */
  redraw() {
    this.text = this.base;
    this.fresh = "";
    this.answer.replaceChildren();
    this.growing = new GrowingText(this.answer);
    if (this.base) this.growing.push(this.base);
    this.typeset();
  }

  /** Shows the sources that the answer cites, as links. */
  showSources(sources) {
    this.sources.hidden = sources.length === 0;
    this.sources.replaceChildren(
      ...sources
        .filter(({ url }) => /^https?:/i.test(url))
        .map(({ url, title }) => {
          const link = { href: url, target: "_blank", rel: "noopener noreferrer nofollow" };
          return make("li", {}, make("a", link, title || new URL(url).hostname));
        }),
    );
  }

  /** Adds to the model's reasoning, which is folded. */
  think(text) {
    this.reasoning.hidden = false;
    this.thoughts.append(text);
    this.host.grown();
  }

  /** Shows the queue position or another reason to wait, and announces it from time to time. */
  wait({ ahead, wait_ms, why }) {
    const wait = wait_ms > 0 ? ` · ≈ ${inWords(wait_ms / 1000)}` : "";
    const place = ahead > 0 ? w("before", { n: ahead }) : w("next");
    this.place.textContent = why ?? place + wait;
    const now = performance.now();
    if (now - this.saidPlace < SAY_PLACE_EVERY) return;
    this.saidPlace = now;
    say(this.place.textContent);
  }

  /** Shows the progress of work in words, and announces it. */
  tell(words) {
    if (words && words !== this.place.textContent) say(words);
    this.place.textContent = words;
    this.host.grown();
  }

  /** Shows that the service restarts. The text so far stays until the answer is sent again. */
  pause() {
    const words = w("restarting");
    if (this.note.textContent !== words) say(words);
    this.place.textContent = "";
    this.note.textContent = words;
    this.host.grown();
  }

  /** Adds to the answer. It is drawn at the next frame, or later if drawing is slow. */
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
    if (!this.fresh || this.isPictures) return;
    const began = performance.now();
    this.growing ??= new GrowingText(this.answer);
    say(this.growing.push(this.fresh));
    this.typeset(this.growing.last);
    this.fresh = "";
    this.place.textContent = "";
    this.element.classList.remove("waiting");
    this.host.grown();
    this.resume = performance.now() + Math.min(500, 4 * (performance.now() - began));
  }

  /** Draws the answer's formulas and colours its code, except in the blocks `growing`. */
  async typeset(growing) {
    paint(this.answer, growing);
    try {
      await typeset(this.answer);
      this.host.grown();
    } catch (error) {
      console.warn(error);
    }
  }

  /** Clears the answer, because the server sends it again from the start. */
  restart() {
    // The height stays, so that the page does not jump.
    this.answer.style.minHeight = `${this.answer.offsetHeight}px`;
    this.redraw();
    this.thoughts.replaceChildren();
    this.reasoning.hidden = true;
    this.element.classList.toggle("waiting", !this.base);
    this.note.textContent = "";
  }

  finish(outcome) {
    this.draw();
    this.answer.style.minHeight = "";
    this.show(outcome);
    const rest = this.growing?.rest() ?? "";
    this.growing?.end();
    this.typeset();
    say(`${rest}${this.note.textContent || w("answerEnd")}`);
    this.host.grown();
  }
}

/**
 * Reads a turn's events to the end, and reconnects after a lost connection.
 *
 * A turn continues by itself after a restart of the service, so its events are requested until the
 * service is back.
 *
 * @param response the response with the events, or null to request them.
 * @param signal ends the reading; the turn continues in the server.
 * @param begun called when the turn's id is known.
 * @throws {Refusal} if the connection broke before the first event.
 */
export async function listen(view, response, signal, begun) {
  let restart = 0; // deadline of the wait for a restart, or 0 if there is none
  for (let tries = 0; ; tries += 1) {
    let old = !response; // whether the shown text came over an earlier connection
    try {
      response ??= await call("GET", turnPath(view.turn.id, "events"), undefined, signal);
      if (old && !restart) view.note.textContent = "";
      for await (const [name, data] of events(response)) {
        if (name === "turn") {
          if (!old) view.show({ ...data, state: "running" });
          if (data.left_out) view.host.seen(view.turn);
          if (data.notice) say(data.notice);
          begun?.();
          continue;
        }
        if (data.state === "interrupted") {
          restart ||= Date.now() + RESTART.all;
          break;
        }
        if (old) view.restart();
        old = false;
        restart = tries = 0;
        if (name === "place") view.wait(data);
        else if (name === "progress") view.tell(data.text);
        else if (name === "reasoning") view.think(data.reasoning);
        else if (name === "delta") view.push(data.text);
        else if (name === "done") return view.finish(data);
      }
    } catch (refusal) {
      if (!signal.aborted) console.warn(refusal);
      if (refusal.status >= 400 && refusal.status < 500) break;
    }
    if (signal.aborted) return;
    if (!view.turn.id) throw new Refusal(0);
    if (restart ? Date.now() > restart : tries === RETRY.tries) break;
    if (restart) view.pause();
    else view.note.textContent = w("reconnecting");
    response = null;
    await pause(Math.min(RETRY.first * 2 ** tries, restart ? RESTART.most : RETRY.most));
  }
  view.note.textContent = restart
    ? w("notBack")
    : w("connectionLost");
}

/** Waits `ms`, or less if the browser comes online again. */
export const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
    addEventListener("online", resolve, { once: true });
  });
