// Renders Markdown as DOM nodes. Text becomes text nodes and never HTML, every scan is linear in its
// input, and nesting is limited, so the worst that a hostile answer can do is to look odd.

import { fill, make } from "./dom.js";
import { formula } from "./formula.js";
import { define, footnote, inlineInto, useRefs } from "./inline.js";
import {
  cellsOf, closesFence, dedent, definitionOf, fenceOf, formulaAt, headingOf, indentOf,
  interrupts, isBlank, isQuote, isRule, isTable, itemOf, underlineOf,
} from "./lines.js";
import { w } from "./words.js";

/** Deepest nesting of quotes and lists. Deeper ones are shown as plain text. */
const MAX_DEPTH = 10;

/** The tags around a model's reasoning. Some models' templates keep the opening one to themselves. */
const THINK = /^\s*(?:<(?:think(?:ing)?|thought)>|\[THINK\])/i;
const UNTHINK = /<\/(?:think(?:ing)?|thought)>|\[\/THINK\]/i;

/** Whether the text may grow, so that its last line is not whole. */
let isGrowing = false;

// ---------------------------------------------------------------- blocks

/** Appends all blocks of `lines` to `parent`. In a tight list a paragraph is only its text. */
function appendBlocks(parent, lines, depth, tight) {
  for (let at = 0; at < lines.length; ) {
    if (isBlank(lines[at])) at += 1;
    else {
      const [node, end] = blockAt(lines, at, depth, tight);
      parent.append(node);
      at = end;
    }
  }
  return parent;
}

/** The block that begins at the non-blank line `at`, and the number of the line after it. */
function blockAt(lines, at, depth, tight) {
  const line = lines[at];
  if (!depth && THINK.test(line)) return thought(lines, at);
  const fence = fenceOf(line);
  if (fence) return codeBlock(lines, at, fence);
  const own = formulaAt(lines, at);
  if (own) return formulaBlock(lines, at, own);
  const level = headingOf(line);
  if (level) {
    const text = line.trim().slice(level).trim();
    const bare = text.replace(/(^|\s)#+$/, "");
    return [heading(level, bare.trim()), at + 1];
  }
  if (isRule(line)) return [make("hr"), at + 1];
  if (isTable(lines, at)) return table(lines, at);
  let end = at + 1;
  if (depth < MAX_DEPTH) {
    if (isQuote(line)) {
      while (end < lines.length && isQuote(lines[end])) end += 1;
      const inner = lines.slice(at, end).map((l) => l.trimStart().replace(/^> ?/, ""));
      return [appendBlocks(make("blockquote", { dir: "auto" }), inner, depth + 1), end];
    }
    const item = itemOf(line);
    if (item) return list(lines, at, item, depth);
  }
  const definition = definitionOf(line);
  if (definition?.url) {
    if (!isGrowing || end < lines.length) define(definition.label, definition.url);
    return [document.createTextNode(""), end];
  }
  let under = 0;
  for (; end < lines.length; end += 1) {
    under = definition ? 0 : underlineOf(lines[end]);
    if (under || interrupts(lines, end)) break;
  }
  const text = lines.slice(at, end).map((l) => l.trim()).join("\n");
  if (under) return [heading(under, text), end + 1];
  if (definition) {
    define(`^${definition.note}`, true);
    return [footnote(definition.note, text.slice(text.indexOf("]:") + 2).trim()), end];
  }
  return [inlineInto(tight ? document.createDocumentFragment() : make("p"), text), end];
}

/** An answer's headings rank below the page's h1 and the turn's h2. */
const heading = (level, text) => inlineInto(make(`h${Math.min(level + 2, 6)}`), text);

/** The reasoning at `at`, which is folded. The text after its end stays in its last line. */
function thought(lines, at) {
  const body = [lines[at].replace(THINK, "")];
  let end = at;
  while (end < lines.length - 1 && !UNTHINK.test(body[end - at])) body.push(lines[(end += 1)]);
  const close = UNTHINK.exec(body[end - at]);
  if (close) {
    lines[end] = body[end - at].slice(close.index + close[0].length);
    body[end - at] = body[end - at].slice(0, close.index);
  }
  const text = make("pre", { class: "thoughts" }, body.join("\n").trimStart());
  const node = make("details", { class: "reasoning" }, make("summary", {}, w("reasoning")), text);
  return [node, close ? end : end + 1, !!close];
}

/** The text with the opening tag of its reasoning if that is missing. A tag in code is none. */
function opened(text) {
  const end = UNTHINK.exec(text)?.index ?? -1;
  const before = text.slice(0, Math.max(0, end));
  if (end < 0 || before.split("\n").some((line) => THINK.test(line))) return text;
  const fences = before.match(/^ *(?:```|~~~)/gm)?.length ?? 0;
  const ticks = before.slice(before.lastIndexOf("\n") + 1).split("`").length - 1;
  return (fences + ticks) % 2 ? text : `<think>${text}`;
}

function formulaBlock(lines, at, { end, closed }) {
  const text = lines.slice(at, end).map((line) => line.trim()).join("\n");
  if (!closed) return [inlineInto(make("p"), text), end];
  return [make("p", {}, formula(text, true)), end];
}

function codeBlock(lines, at, fence) {
  let end = at + 1;
  while (end < lines.length && !closesFence(lines[end], fence)) end += 1;
  const body = lines.slice(at + 1, end).map((line) => dedent(line, fence.indent)).join("\n");
  const copy = make("button", { type: "button", class: "copy" }, w("copy"));
  const caption = make("figcaption", {}, make("span", {}, fence.info || "text"), copy);
  const pre = make("pre", { tabindex: "0" }, make("code", {}, body));
  return [make("figure", { class: "code" }, caption, pre), end + 1];
}

function list(lines, at, first, depth) {
  const items = [];
  let end = at;
  let width = 0;
  let fence = null;
  let loose = false;
  for (let next = at; next < lines.length; next += 1) {
    const line = lines[next];
    const item = fence ? null : itemOf(line);
    const inside = indentOf(line) > first.indent + 1;
    if (item && !inside && item.ordered === first.ordered) {
      loose ||= next > end;
      width = item.indent + item.width;
      items.push([dedent(line, item.indent).slice(item.width)]);
    } else if (isBlank(line) && !fence) continue;
    else if (fence || inside || (next === end && !interrupts(lines, next))) {
      for (; end < next; end += 1) items.at(-1).push("");
      items.at(-1).push(dedent(line, Math.min(indentOf(line), width)));
      if (fence) fence = closesFence(line, fence) ? null : fence;
      else fence = inside ? fenceOf(line) : null;
    } else break;
    end = next + 1;
  }
  const start = first.start !== 1 && first.start;
  const element = make(first.ordered ? "ol" : "ul", { start, dir: "auto" });
  for (const body of items) {
    body[0] = body[0].replace(/^\[ \] /, "\u2610 ").replace(/^\[x\] /i, "\u2611 ");
    element.append(appendBlocks(make("li"), body, depth + 1, !loose));
  }
  return [element, end];
}

function table(lines, at) {
  const aligns = cellsOf(lines[at + 1]).map((cell) => {
    if (!cell.endsWith(":")) return null;
    return cell[0] === ":" ? "center" : "end";
  });
  const cell = (tag) => (text, i) => inlineInto(make(tag, { class: aligns[i] }), text);
  // A row is cut at the header's width and never padded, because padding could be quadratic.
  const row = (line, tag) =>
    fill(make("tr"), cellsOf(line).slice(0, aligns.length).map(cell(tag)));
  const body = make("tbody");
  let end = at + 2;
  for (; end < lines.length && lines[end].includes("|"); end += 1) {
    body.append(row(lines[end], "td"));
  }
  const whole = make("table", { dir: "auto" }, make("thead", {}, row(lines[at], "th")), body);
  return [make("div", { class: "table", tabindex: "0" }, whole), end];
}

// ---------------------------------------------------------------- whole and growing texts

const linesOf = (text) => text.split("\n").map((line) => line.replace(/\r$/, ""));

/** Renders a whole text as nodes: once more if it has addresses, which may come after their use. */
export function render(text) {
  isGrowing = false;
  const refs = useRefs(new Map());
  const once = () => appendBlocks(document.createDocumentFragment(), linesOf(opened(text)), 0);
  const first = once();
  return refs.size ? once() : first;
}

/** The text of a block for a screen reader. Code and reasoning are only named. */
function wordsOf(node) {
  const name = { FIGURE: "codeBlock", DETAILS: "reasoning" }[node.nodeName];
  return `${name ? w(name) : node.textContent}\n`;
}

/** A text that grows. Finished blocks stay as they are; only the last one is rendered again. */
export class GrowingText {
  /** @param target the element whose children this object owns. */
  constructor(target) {
    this.target = target;
    this.text = "";
    this.tail = "";
    this.last = [];
    /** The addresses so far, and their number when all of the text was rendered last. */
    this.refs = new Map();
    this.known = 0;
    this.isOpened = false;
  }

  /** Adds `text` and returns the text of the blocks that it finished, for a screen reader. */
  push(text) {
    isGrowing = true;
    useRefs(this.refs);
    this.text += text;
    const isEnd = !this.isOpened && UNTHINK.test(this.tail + text);
    const whole = isEnd ? opened(this.text) : this.text;
    this.isOpened ||= isEnd;
    const isLate = whole !== this.text;
    this.text = whole;
    const said = isLate ? "" : this.add(text);
    // As the number of addresses doubles each time, all of it takes few times as long as once.
    if (isLate || this.refs.size > 2 * this.known) {
      this.known = this.refs.size;
      this.target.replaceChildren();
      Object.assign(this, { tail: "", last: [] });
      this.add(this.text);
    }
    return said;
  }

  /** Ends the text, whose addresses are all known then. */
  end() {
    if (linesOf(this.text).some(definitionOf)) this.target.replaceChildren(render(this.text));
  }

  add(text) {
    const lines = linesOf(this.tail + text);
    if (this.growCode(lines)) return "";
    let finished = "";
    let at = 0;
    for (;;) {
      while (at < lines.length && isBlank(lines[at])) at += 1;
      if (at === lines.length) {
        this.tail = lines.at(-1);
        return finished;
      }
      const [node, end, isDone] = blockAt(lines, at, 0);
      if (this.last[0]?.open) node.open = true;
      for (const old of this.last) old.remove();
      this.target.append(node);
      this.last = [node];
      // A block is finished once the next one has a whole line, because the last line may still grow.
      let next = end;
      while (next < lines.length && isBlank(lines[next])) next += 1;
      if (next >= lines.length - 1 && !isDone) {
        this.tail = lines.slice(at).join("\n");
        this.last.push(...appendBlocks(make("div"), lines.slice(next), 0).childNodes);
        this.target.append(...this.last);
        return finished;
      }
      finished += wordsOf(node);
      this.last = [];
      at = end;
    }
  }

  /** The text of the unfinished blocks. */
  rest() {
    return this.last.map(wordsOf).join("");
  }

  /** Adds to open code or reasoning in place, so that its selection and scroll position stay. */
  growCode(lines) {
    const [last, other] = this.last;
    const fence = last?.nodeName === "FIGURE" && fenceOf(lines[0]);
    const isThought = last?.nodeName === "DETAILS" && !lines.some((line) => UNTHINK.test(line));
    if (other || !(fence || isThought)) return false;
    if (fence && lines.slice(1).some((line) => closesFence(line, fence))) return false;
    const code = last.querySelector("code, pre.thoughts");
    const body = isThought ? lines.join("\n").replace(THINK, "").trimStart()
      : lines.slice(1).map((line) => dedent(line, fence.indent)).join("\n");
    const had = code.textContent;
    if (!body.startsWith(had)) return false;
    if (code.firstChild) code.firstChild.appendData(body.slice(had.length));
    else code.append(body);
    this.tail = lines.join("\n");
    return true;
  }
}
