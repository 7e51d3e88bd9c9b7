// Colours of code. highlight.js finds the parts of a code in a worker, which is loaded when the page
// first shows code. Its markup is read here and becomes elements, and never HTML.
import { make } from "./dom.js";

/** The longest code that is coloured, in characters. */
const MAX_CODE = 100 * 1024;
/** Most elements within each other. Deeper ones are left out. */
const MAX_DEPTH = 20;
/** Time that one code may take, with the loading of the worker, in ms. It stays plain after that. */
const PATIENCE = 10_000;

const queue = [];
let worker = null;
let timer = 0;

/** Colours the codes below `root`, except those in the blocks `growing`. */
export function paint(root, growing = []) {
  for (const figure of root.querySelectorAll("figure.code:not(.seen)")) {
    if (growing.some((block) => block.contains(figure))) continue;
    figure.classList.add("seen");
    const code = figure.querySelector("code");
    const language = figure.querySelector("figcaption span").textContent.toLowerCase();
    const text = code.textContent;
    if (language === "text" || !text || text.length > MAX_CODE) continue;
    if (queue.push({ code, language, text }) === 1) begin();
  }
}

function begin() {
  if (!queue.length) return;
  timer = setTimeout(() => end(null), PATIENCE);
  if (!worker) {
    worker = new Worker("/web/highlight.js");
    worker.onmessage = ({ data }) => end(data, true);
    worker.onerror = () => end(null);
  }
  worker.postMessage([queue[0].language, queue[0].text]);
}

/** Shows the first code of the queue with its markup, and goes on with the next one. */
function end(markup, isWell) {
  clearTimeout(timer);
  if (!isWell) {
    worker.terminate();
    worker = null;
  }
  const { code, text } = queue.shift();
  const drawn = markup && nodesOf(markup);
  if (drawn?.textContent === text && code.textContent === text) code.replaceChildren(drawn);
  begin();
}

/** The elements of markup, which has `<span class="…">`, `</span>` and three character references. */
function nodesOf(markup) {
  const root = document.createDocumentFragment();
  let at = root;
  let depth = 0;
  for (const part of markup.split(/(<span class="[\w -]*">|<\/span>)/)) {
    if (part.startsWith("<span")) {
      depth += 1;
      if (depth > MAX_DEPTH) continue;
      const span = make("span", { class: part.slice(13, -2) });
      at.append(span);
      at = span;
    } else if (part === "</span>") {
      if (depth <= MAX_DEPTH) at = at.parentNode ?? root;
      depth -= 1;
    } else if (part) {
      at.append(part.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]));
    }
  }
  return root;
}
