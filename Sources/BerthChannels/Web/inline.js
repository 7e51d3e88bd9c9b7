// Renders the marks inside a paragraph (emphasis, code, links) in one pass over its text.
import { fill, make } from "./dom.js";
import { formula } from "./formula.js";
import { w } from "./words.js";

/** Most emphasis marks that are open at once. A further one replaces the oldest. */
const MAX_OPEN = 32;
/** The longest link target, in characters. */
const MAX_URL = 2048;
/** The longest label of a reference or a footnote, in characters. */
const MAX_LABEL = 100;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The addresses of the text that is rendered, by their labels. That of a footnote begins with `^`. */
let refs = new Map();

/** Sets the addresses of the text that is rendered from now on, and returns them. */
export const useRefs = (map) => (refs = map);

const labelOf = (text) => text.trim().replace(/\s+/g, " ").toLowerCase();

/** Adds the address of a label. The first one of a label counts. */
export function define(text, url) {
  const label = labelOf(text);
  if (!refs.has(label)) refs.set(label, url);
}

const isSpace = (c) => c === undefined || c === " " || c === "\n" || c === "\t" || c === "\u00a0";
const isWord = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);
/** The number of consecutive `c` at `at`. */
export function runOf(text, at, c) {
  let end = at;
  while (text[end] === c) end += 1;
  return end - at;
}

/** Appends `text` to `parent` with its inline marks as elements, and returns `parent`. */
export function inlineInto(parent, text) {
  return fill(parent, new InlineScan(text).run());
}

/** One pass over a paragraph. `out` is flat; a closing mark folds its tail into one element. */
class InlineScan {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.from = 0;
    this.out = [];
    this.open = [];
    this.brackets = [];
    this.ticks = null;
    this.closers = new Map();
  }

  run() {
    const { text } = this;
    while (this.at < text.length) {
      if (!this.step(text[this.at])) this.at += 1;
    }
    this.flush();
    return this.out;
  }

  /** Moves the plain text before `at` to `out`. */
  flush(to = this.at) {
    if (to > this.from) this.out.push(this.text.slice(this.from, to));
    this.from = to;
  }

  /** Replaces the next `length` characters by `item`. */
  put(item, length) {
    this.flush();
    this.out.push(item);
    this.at += length;
    this.from = this.at;
    return true;
  }

  /** Handles a mark at the current position. Returns false if the character is plain text. */
  step(c) {
    const { text, at } = this;
    switch (c) {
      case "\n":
        return this.put(make("br"), 1);
      case "\\":
        if (text[at + 1] === "(" && this.formula("\\(", "\\)")) return true;
        if (text[at + 1] === "[" && this.formula("\\[", "\\]")) return true;
        return /^[!-/:-@[-`{-~]$/.test(text[at + 1] ?? "") && this.put(text[at + 1], 2);
      case "`":
        return this.code();
      case "$":
        return this.dollars();
      case "*":
      case "_":
      case "~":
        return this.emphasis(c);
      case "[":
        return this.bracket(1);
      case "!":
        return text[at + 1] === "[" && this.bracket(2);
      case "]":
        return this.link();
      case "<": {
        const line = /^<br ?\/?>/i.exec(text.slice(at, at + 6));
        return line ? this.put(make("br"), line[0].length) : this.angle();
      }
      case "h":
      case "w":
        return this.address();
    }
    return false;
  }

  /** Handles a code span. All runs of backticks are found once, so a closing run needs no search. */
  code() {
    const { text, at } = this;
    const size = runOf(text, at, "`");
    if (!this.ticks) {
      this.ticks = new Map();
      for (let i = text.indexOf("`", at); i >= 0; i = text.indexOf("`", i)) {
        const length = runOf(text, i, "`");
        if (!this.ticks.has(length)) this.ticks.set(length, { places: [], next: 0 });
        this.ticks.get(length).places.push(i);
        i += length;
      }
    }
    const runs = this.ticks.get(size);
    while (runs && runs.places[runs.next] <= at) runs.next += 1;
    const end = runs?.places[runs.next];
    if (end === undefined) {
      this.at += size;
      return true;
    }
    let inner = text.slice(at + size, end).replaceAll("\n", " ");
    if (inner.startsWith(" ") && inner.endsWith(" ") && inner.trim()) inner = inner.slice(1, -1);
    return this.put(make("code", {}, inner), end + size - at);
  }

  /** Handles `$…$` and `$$…$$`. A price is plain text: a formula has no space inside of its marks,
   * does not begin with punctuation, and no letter or digit follows it. */
  dollars() {
    const { text, at } = this;
    const mark = text[at + 1] === "$" ? "$$" : "$";
    const first = text[at + mark.length];
    if (!isSpace(first) && !",.;:!?)".includes(first) && this.formula(mark, mark)) return true;
    this.at += mark.length;
    return true;
  }

  /** Handles a formula between two marks. Its source stays as it was written. */
  formula(open, close) {
    const { text, at } = this;
    const end = this.closer(close, at + open.length);
    if (end === undefined) return false;
    const source = text.slice(at, end + close.length);
    // `\[text\](address)` has escaped brackets, and a backtick belongs to a code span. Of several
    // prices in a row the last dollar might close the first.
    if (open === "$" && source.indexOf("$", 1) < source.length - 1) return false;
    if ((open === "\\[" && text[end + 2] === "(") || source.includes("`")) return false;
    return this.put(formula(source, open === "$$" || open === "\\["), source.length);
  }

  /** The place of the next closing mark after `from`. All places of a mark are found once. */
  closer(mark, from) {
    const { text } = this;
    if (!this.closers.has(mark)) {
      const places = [];
      for (let i = text.indexOf(mark); i >= 0; i = text.indexOf(mark, i + mark.length)) {
        const before = text[i - 1];
        const single = mark === "$" && (text[i + 1] === "$" || before === "$" || isWord(text[i + 1]));
        if (single || (mark[0] === "$" && (before === "\\" || isSpace(before)))) continue;
        places.push(i);
      }
      this.closers.set(mark, { places, next: 0 });
    }
    const found = this.closers.get(mark);
    while (found.places[found.next] <= from) found.next += 1;
    return found.places[found.next];
  }

  emphasis(c) {
    const { text, at } = this;
    const run = runOf(text, at, c);
    const before = text[at - 1];
    const after = text[at + run];
    const plain = c === "_" ? isWord(before) && isWord(after) : false;
    if (run > 3 || plain || (c === "~" && run !== 2)) {
      this.at += run;
      return true;
    }
    this.flush();
    let left = run;
    if (!isSpace(before) && (c !== "_" || !isWord(after))) left = this.close(c, left);
    if (left > 0) {
      const opens = !isSpace(after) && (c !== "_" || !isWord(before));
      // Three marks open as two and one, so that any order of closing marks matches.
      for (const size of !opens ? [] : left === 3 ? [2, 1] : [left]) {
        this.open.push({ c, size, at: this.out.length });
        this.out.push(c.repeat(size));
        if (this.open.length > MAX_OPEN) this.open.shift();
      }
      if (!opens) this.out.push(c.repeat(left));
    }
    this.at += run;
    this.from = this.at;
    return true;
  }

  /** Closes open marks of `c` and returns the number of characters of the run that are left. */
  close(c, run) {
    let left = run;
    while (left > 0) {
      const fits = (o) => o.c === c && o.size <= left;
      const exact = this.open.findLastIndex((o) => fits(o) && o.size === left);
      const index = exact >= 0 ? exact : this.open.findLastIndex(fits);
      if (index < 0) break;
      const { at, size } = this.open[index];
      if (at + 1 === this.out.length) break;
      this.open.length = index;
      const inner = this.out.splice(at).slice(1);
      this.out.push(fill(make(c === "~" ? "del" : size === 2 ? "strong" : "em"), inner));
      while (this.brackets.length && this.brackets.at(-1).at > at) this.brackets.pop();
      left -= size;
    }
    return left;
  }

  bracket(length) {
    this.flush();
    this.brackets.push({ at: this.out.length, open: this.open.length, from: this.at + length });
    this.out.push(this.text.slice(this.at, this.at + length));
    this.at += length;
    this.from = this.at;
    return true;
  }

  /** Handles `](target)`, which turns the text since the last `[` into a link. Images become links. */
  link() {
    const bracket = this.brackets.pop();
    if (!bracket) return false;
    if (this.text[this.at + 1] !== "(") return this.reference(bracket);
    const target = this.target(this.at + 2);
    const href = target && safe(target.url);
    if (!href) return false;
    return this.enclose(bracket, target.end, (inner) =>
      fill(anchor(href), inner.length ? inner : [target.url]));
  }

  /** Folds the text since `bracket` into the element that `wrap` makes of it. */
  enclose(bracket, end, wrap) {
    this.flush();
    const inner = this.out.splice(bracket.at).slice(1);
    this.open.length = Math.min(this.open.length, bracket.open);
    // Links do not nest, so outer brackets can no longer become a link.
    this.brackets.length = 0;
    this.out.push(wrap(inner));
    this.at = this.from = end;
    return true;
  }

  /** Handles `[text][label]`, `[label][]`, `[label]` and `[^note]`, if the label has an address. */
  reference(bracket) {
    const { text, at } = this;
    let end = at + 1;
    let label = text.slice(bracket.from, Math.min(at, bracket.from + MAX_LABEL + 1));
    if (text[end] === "[") {
      const close = text.slice(end, end + MAX_LABEL + 2).indexOf("]");
      if (close > 1) label = text.slice(end + 1, end + close);
      if (close > 0) end += close + 1;
    }
    const href = label.length <= MAX_LABEL && refs.get(labelOf(label));
    if (!href) return false;
    return this.enclose(bracket, end, (inner) =>
      label[0] === "^" ? noteMark(label.slice(1)) : fill(anchor(href), inner));
  }

  /** Handles `<https://…>`, `<mailto:…>` and `<name@host>`. */
  angle() {
    const { text, at } = this;
    const url = /^<([^\s<>]+)>/.exec(text.slice(at, at + MAX_URL))?.[1];
    const href = url && safe(/^[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/.test(url) ? `mailto:${url}` : url);
    if (!href || this.brackets.length) return false;
    return this.put(fill(anchor(href), [url]), url.length + 2);
  }

  /** The `{ url, end }` of a link's `target)` at `from`. */
  target(from) {
    const limit = Math.min(this.text.length, from + MAX_URL);
    let depth = 0;
    for (let end = from; end < limit; end += 1) {
      const c = this.text[end];
      if (isSpace(c) || (c === "(" && (depth += 1) > 8)) return null;
      if (c === ")" && (depth -= 1) < 0) return { url: this.text.slice(from, end), end: end + 1 };
    }
    return null;
  }

  /** Handles a bare https://… address. Closing punctuation stays outside of the link. */
  address() {
    const { text, at } = this;
    const start = /^(?:https?:\/\/|www\.)/.exec(text.slice(at, at + 8))?.[0];
    if (!start) return false;
    if (isWord(text[at - 1])) return false;
    let url = text.slice(at, at + MAX_URL);
    const end = url.search(/[\s<>"`\]|]/);
    if (end >= 0) url = url.slice(0, end);
    let opened = 0;
    for (const c of url) opened += c === "(" ? 1 : c === ")" ? -1 : 0;
    let length = url.length;
    for (; length > 0; length -= 1) {
      const c = url[length - 1];
      if (c === ")" && opened < 0) opened += 1;
      else if (!".,;:!?'*_~".includes(c)) break;
    }
    url = url.slice(0, length);
    const href = start === "www." ? url.includes(".", 4) && safe(`https://${url}`) : safe(url);
    // The text of a link may be an address, which must not become a link of its own.
    if (!href || this.brackets.length > 0) return false;
    return this.put(fill(anchor(href), [url]), length);
  }
}

/** The address to link to, or null unless it is http, https or mailto. */
export function safe(text) {
  try {
    const url = new URL(text);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Moves the focus between a footnote and its mark in the same answer. */
const jump = (to) => (e) => e.target.closest(".md").querySelector(`[data-${to}]`)?.focus();

/** The mark of the footnote `name`, which leads to it. */
function noteMark(name) {
  const click = jump(`note="${CSS.escape(name)}"`);
  const label = w("footnote", { name });
  return make("sup", {}, make("button", { type: "button", "data-mark": name, "aria-label": label, click }, name));
}

/** The footnote `name`, which leads back to its mark. */
export function footnote(name, text) {
  const click = jump(`mark="${CSS.escape(name)}"`);
  const back = make("button", { type: "button", "aria-label": w("footnoteBack"), click }, "↩︎");
  const note = make("p", { class: "footnote", tabindex: "-1", "data-note": name }, make("sup", {}, name), " ");
  inlineInto(note, text).append(" ", back);
  return note;
}

const anchor = (href) => make("a", { href, target: "_blank", rel: "noopener noreferrer" });
