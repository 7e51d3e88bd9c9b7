// Markdown to DOM nodes. Text only ever becomes text nodes (never HTML), every scan is linear in
// its input, and nesting is capped, so an answer can do no more than look odd.

/** Deepest nesting of quotes and lists; what is deeper is shown as plain text. */
const MAX_DEPTH = 10;
/** Most emphasis marks open at once; the oldest is forgotten first. */
const MAX_OPEN = 32;
/** Longest link target, in characters. */
const MAX_URL = 2048;
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** Makes an element: `make("a", { href: "…" }, "text", node)`. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const name in attributes) {
    const value = attributes[name];
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// ---------------------------------------------------------------- lines

const isSpace = (c) => c === undefined || c === " " || c === "\n" || c === "\t" || c === "\u00a0";
const isWord = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const isBlank = (line) => line.trim() === "";

/** Columns of white space at a line's start; a tab reaches the next multiple of four. */
function indentOf(line) {
  let columns = 0;
  for (const c of line) {
    if (c === " ") columns += 1;
    else if (c === "\t") columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/** The line without its first `columns` columns of white space. */
function dedent(line, columns) {
  let at = 0;
  for (let seen = 0; seen < columns && (line[at] === " " || line[at] === "\t"); at += 1) {
    seen += line[at] === "\t" ? 4 - (seen % 4) : 1;
  }
  return line.slice(at);
}

function runOf(text, at, c) {
  let end = at;
  while (text[end] === c) end += 1;
  return end - at;
}

/** `{ mark, size, info, indent }` where the line opens a code fence. */
function fenceOf(line) {
  const indent = indentOf(line);
  const text = line.trim();
  const mark = text[0];
  if (mark !== "`" && mark !== "~") return null;
  const size = runOf(text, 0, mark);
  const info = text.slice(size).trim();
  if (size < 3 || (mark === "`" && info.includes("`"))) return null;
  return { mark, size, info: info.split(" ", 1)[0].slice(0, 40), indent };
}

function closesFence(line, fence) {
  const text = line.trim();
  return text.length >= fence.size && runOf(text, 0, fence.mark) === text.length;
}

function isRule(line) {
  let count = 0;
  let mark = "";
  for (const c of line) {
    if (c === " " || c === "\t") continue;
    if (c !== "-" && c !== "*" && c !== "_") return false;
    if (mark && c !== mark) return false;
    mark = c;
    count += 1;
  }
  return count >= 3;
}

const headingOf = (line) => /^ {0,3}(#{1,6})(?=\s|$)/.exec(line)?.[1].length ?? 0;
const isQuote = (line) => /^ {0,3}>/.test(line);

/** `{ indent, width, ordered, start }` where the line begins a list item. */
function itemOf(line) {
  const indent = indentOf(line);
  const text = line.trimStart();
  const mark = /^(?:[-*+]|(\d{1,9})[.)])(?=\s|$)/.exec(text);
  if (!mark || isRule(line)) return null;
  const gap = indentOf(text.slice(mark[0].length));
  return {
    indent,
    width: mark[0].length + (gap > 4 || gap === 0 ? 1 : gap),
    ordered: mark[1] !== undefined,
    start: Number(mark[1] ?? 1),
  };
}

const isDelimiterRow = (line) =>
  line !== undefined && line.includes("-") && line.includes("|") && /^[\s|:-]+$/.test(line);
const isTable = (lines, at) => lines[at].includes("|") && isDelimiterRow(lines[at + 1]);

/** A row's cells, split at `|` outside of code and not escaped. */
function cellsOf(line) {
  const cells = [];
  let text = line.trim();
  if (text.startsWith("|")) text = text.slice(1);
  let from = 0;
  let code = false;
  for (let at = 0; at <= text.length; at += 1) {
    const c = text[at];
    if (c === "\\") at += 1;
    else if (c === "`") code = !code;
    else if ((c === "|" && !code) || (at === text.length && from < at)) {
      cells.push(text.slice(from, at).trim().replaceAll("\\|", "|"));
      from = at + 1;
    }
  }
  if (from < text.length) cells.push(text.slice(from).trim().replaceAll("\\|", "|"));
  return cells;
}

/** Whether the line at `at` ends the paragraph before it. */
function interrupts(lines, at) {
  const line = lines[at];
  if (isBlank(line) || headingOf(line) || isQuote(line) || isRule(line)) return true;
  if (fenceOf(line)) return true;
  const item = itemOf(line);
  return (item !== null && (!item.ordered || item.start === 1)) || isTable(lines, at);
}

// ---------------------------------------------------------------- blocks

/** Appends all blocks of `lines`; in a tight list a paragraph is only its text. */
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

/** The block that begins at line `at`, which is not blank, and the number of the line after it. */
function blockAt(lines, at, depth, tight) {
  const line = lines[at];
  const fence = fenceOf(line);
  if (fence) return codeBlock(lines, at, fence);
  const level = headingOf(line);
  if (level) {
    const text = line.trim().slice(level).trim();
    const bare = text.replace(/(^|\s)#+$/, "");
    // An answer's headings stand below the page's own h1 and the turn's h2.
    return [inlineInto(make(`h${Math.min(level + 2, 6)}`), bare.trim()), at + 1];
  }
  if (isRule(line)) return [make("hr"), at + 1];
  if (isTable(lines, at)) return table(lines, at);
  let end = at + 1;
  if (depth < MAX_DEPTH) {
    if (isQuote(line)) {
      while (end < lines.length && isQuote(lines[end])) end += 1;
      const inner = lines.slice(at, end).map((l) => l.trimStart().replace(/^> ?/, ""));
      return [appendBlocks(make("blockquote"), inner, depth + 1), end];
    }
    const item = itemOf(line);
    if (item) return list(lines, at, item, depth);
  }
  while (end < lines.length && !interrupts(lines, end)) end += 1;
  const text = lines.slice(at, end).map((l) => l.trim()).join("\n");
  return [inlineInto(tight ? document.createDocumentFragment() : make("p"), text), end];
}

function codeBlock(lines, at, fence) {
  let end = at + 1;
  while (end < lines.length && !closesFence(lines[end], fence)) end += 1;
  const body = lines.slice(at + 1, end).map((line) => dedent(line, fence.indent)).join("\n");
  const copy = make("button", { type: "button", class: "copy" }, "Copy");
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
  const element = make(first.ordered ? "ol" : "ul", { start });
  for (const body of items) {
    body[0] = body[0].replace(/^\[ \] /, "\u2610 ").replace(/^\[x\] /i, "\u2611 ");
    element.append(appendBlocks(make("li"), body, depth + 1, !loose));
  }
  return [element, end];
}

function table(lines, at) {
  const aligns = cellsOf(lines[at + 1]).map((cell) => {
    if (!cell.endsWith(":")) return null;
    return cell[0] === ":" ? "center" : "right";
  });
  const cell = (tag) => (text, i) => inlineInto(make(tag, { class: aligns[i] }), text);
  // A row is cut at the header's width and never padded: padding would be quadratic.
  const row = (line, tag) =>
    fill(make("tr"), cellsOf(line).slice(0, aligns.length).map(cell(tag)));
  const body = make("tbody");
  let end = at + 2;
  for (; end < lines.length && lines[end].includes("|"); end += 1) {
    body.append(row(lines[end], "td"));
  }
  const whole = make("table", {}, make("thead", {}, row(lines[at], "th")), body);
  return [make("div", { class: "table", tabindex: "0" }, whole), end];
}

// ---------------------------------------------------------------- inline

/** Appends `text` to `parent` with its inline marks as elements; returns `parent`. */
function inlineInto(parent, text) {
  return fill(parent, new InlineScan(text).run());
}

/** One pass over a paragraph. `out` is flat; closing a mark folds its tail into one element. */
class InlineScan {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.from = 0;
    this.out = [];
    this.open = [];
    this.brackets = [];
    this.ticks = null;
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

  /** Puts `item` in place of the next `length` characters. */
  put(item, length) {
    this.flush();
    this.out.push(item);
    this.at += length;
    this.from = this.at;
    return true;
  }

  /** Handles a mark at the present place; false where the character is plain text. */
  step(c) {
    const { text, at } = this;
    switch (c) {
      case "\n":
        return this.put(make("br"), 1);
      case "\\":
        return /^[!-/:-@[-`{-~]$/.test(text[at + 1] ?? "") && this.put(text[at + 1], 2);
      case "`":
        return this.code();
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
        return line !== null && this.put(make("br"), line[0].length);
      }
      case "h":
        return this.address();
    }
    return false;
  }

  /** All runs of backticks are found once, so that a closing run costs no search. */
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
      // Three marks open as two and one, so that any closing order finds its partner.
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

  /** Closes marks of `c` that are open; returns how many characters of the run are left. */
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
    this.brackets.push({ at: this.out.length, open: this.open.length });
    this.out.push(this.text.slice(this.at, this.at + length));
    this.at += length;
    this.from = this.at;
    return true;
  }

  /** `](target)` makes a link of what stands since the last `[`; an image becomes a link too. */
  link() {
    const bracket = this.brackets.pop();
    if (!bracket || this.text[this.at + 1] !== "(") return false;
    const target = this.target(this.at + 2);
    const href = target && safe(target.url);
    if (!href) return false;
    this.flush();
    const inner = this.out.splice(bracket.at).slice(1);
    this.open.length = Math.min(this.open.length, bracket.open);
    // A link holds no link: brackets further out can no longer become one.
    this.brackets.length = 0;
    this.out.push(fill(anchor(href), inner.length ? inner : [target.url]));
    this.at = target.end;
    this.from = this.at;
    return true;
  }

  /** `{ url, end }` of a link's `target)` at `from`. */
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

  /** A bare https://… address; closing punctuation stays outside. */
  address() {
    const { text, at } = this;
    if (!text.startsWith("http://", at) && !text.startsWith("https://", at)) return false;
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
    const href = safe(url);
    // A link's own text may be an address: it must not become a link within the link.
    if (!href || this.brackets.length > 0) return false;
    return this.put(fill(anchor(href), [url]), length);
  }
}

/** Appends one by one: as arguments, a hostile number of items would overflow the stack. */
function fill(parent, items) {
  for (const item of items) parent.append(item);
  return parent;
}

/** The address to link to, or null where it is not http, https or mailto. */
function safe(text) {
  try {
    const url = new URL(text);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const anchor = (href) => make("a", { href, target: "_blank", rel: "noopener noreferrer" });

// ---------------------------------------------------------------- whole and growing texts

const linesOf = (text) => text.split("\n").map((line) => line.replace(/\r$/, ""));

/** A whole text as nodes. */
export function render(text) {
  return appendBlocks(document.createDocumentFragment(), linesOf(text), 0);
}

/** A block for reading aloud: code is only named. */
const wordsOf = (node) => (node.matches("figure") ? "Code.\n" : `${node.textContent}\n`);

/** A text that grows: finished blocks stay as they are, only the last is made anew. */
export class GrowingText {
  /** @param target element whose children this owns. */
  constructor(target) {
    this.target = target;
    this.tail = "";
    this.last = [];
  }

  /** Adds `text` and returns the words of the blocks that it finished, for reading aloud. */
  push(text) {
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
      const [node, end] = blockAt(lines, at, 0);
      for (const old of this.last) old.remove();
      this.target.append(node);
      this.last = [node];
      // A block is finished once a whole line of the next one is there: the last line may yet grow.
      let next = end;
      while (next < lines.length && isBlank(lines[next])) next += 1;
      if (next >= lines.length - 1) {
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

  /** The words of what is not finished. */
  rest() {
    return this.last.map(wordsOf).join("");
  }

  /** Adds to an open code block in place: its selection and scrolling stay. */
  growCode(lines) {
    const fence = this.last.length === 1 && this.last[0].matches("figure") && fenceOf(lines[0]);
    if (!fence || lines.slice(1).some((line) => closesFence(line, fence))) return false;
    const code = this.last[0].querySelector("code");
    const body = lines.slice(1).map((line) => dedent(line, fence.indent)).join("\n");
    const had = code.textContent;
    if (!body.startsWith(had)) return false;
    if (code.firstChild) code.firstChild.appendData(body.slice(had.length));
    else code.append(body);
    this.tail = lines.join("\n");
    return true;
  }
}
