// The lines of a Markdown text: marks of blocks, rows of tables, definitions.
import { runOf, safe } from "./inline.js";

/** Most lines of a formula that stands alone. */
const MAX_FORMULA_LINES = 60;

export const isBlank = (line) => line.trim() === "";

/** Columns of white space at the start of a line. A tab reaches the next multiple of four. */
export function indentOf(line) {
  let columns = 0;
  for (const c of line) {
    if (c === " ") columns += 1;
    else if (c === "\t") columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/** The line without its first `columns` columns of white space. */
export function dedent(line, columns) {
  let at = 0;
  for (let seen = 0; seen < columns && (line[at] === " " || line[at] === "\t"); at += 1) {
    seen += line[at] === "\t" ? 4 - (seen % 4) : 1;
  }
  return line.slice(at);
}

/** `{ mark, size, info, indent }` if the line opens a code fence, else null. */
export function fenceOf(line) {
  const indent = indentOf(line);
  const text = line.trim();
  const mark = text[0];
  if (mark !== "`" && mark !== "~") return null;
  const size = runOf(text, 0, mark);
  const info = text.slice(size).trim();
  if (size < 3 || (mark === "`" && info.includes("`"))) return null;
  return { mark, size, info: info.split(" ", 1)[0].slice(0, 40), indent };
}

export function closesFence(line, fence) {
  const text = line.trim();
  return text.length >= fence.size && runOf(text, 0, fence.mark) === text.length;
}

export function isRule(line) {
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

export const headingOf = (line) => /^ {0,3}(#{1,6})(?=\s|$)/.exec(line)?.[1].length ?? 0;
export const isQuote = (line) => /^ {0,3}>/.test(line);

/** The level of the heading whose text is above the line. A single dash begins a list. */
export const underlineOf = (line) => (/^ {0,3}=+\s*$/.test(line) ? 1 : /^ {0,3}-{2,}\s*$/.test(line) ? 2 : 0);

/** `{ label, url }` of a link's address, `{ note, text }` of a footnote, or null. */
export function definitionOf(line) {
  const [, label, text] = /^ {0,3}\[(\^?[^[\]]{1,100})\]:\s+(.*)/.exec(line) ?? [];
  if (!label) return null;
  if (label[0] === "^") return { note: label.slice(1), text };
  const url = safe(/^<?(\S*?)>?(?:\s+["'(].*)?\s*$/.exec(text)?.[1]);
  return url && { label, url };
}

/** `{ indent, width, ordered, start }` if the line begins a list item, else null. */
export function itemOf(line) {
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
export const isTable = (lines, at) => lines[at].includes("|") && isDelimiterRow(lines[at + 1]);

/** The cells of a row, split at every `|` that is outside of code and not escaped. */
export function cellsOf(line) {
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

/**
 * `{ end, closed }` if a formula of its own lines begins at `at`, else null.
 *
 * It ends with the line that ends in its closing mark. Without one, the lines up to the next blank
 * line are a paragraph, whatever marks they hold.
 */
export function formulaAt(lines, at) {
  const first = lines[at].trim();
  const close = first.startsWith("$$") ? "$$" : first.startsWith("\\[") ? "\\]" : null;
  if (!close) return null;
  const inside = first.slice(2).indexOf(close);
  if (inside >= 0) return inside + 2 === first.length - 2 ? { end: at + 1, closed: true } : null;
  let end = at + 1;
  for (; end < lines.length && end < at + MAX_FORMULA_LINES && !isBlank(lines[end]); end += 1) {
    if (lines[end].trimEnd().endsWith(close)) return { end: end + 1, closed: true };
  }
  return { end, closed: false };
}

/** Whether the line at `at` ends the paragraph before it. */
export function interrupts(lines, at) {
  const line = lines[at];
  if (formulaAt(lines, at)) return true;
  if (isBlank(line) || headingOf(line) || isQuote(line) || isRule(line)) return true;
  if (definitionOf(line)) return true;
  if (fenceOf(line)) return true;
  const item = itemOf(line);
  return (item !== null && (!item.ordered || item.start === 1)) || isTable(lines, at);
}
