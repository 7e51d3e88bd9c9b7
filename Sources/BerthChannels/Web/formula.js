// Formulas in TeX. KaTeX draws them as MathML; it is loaded when the page first shows a formula.
import { make } from "./dom.js";

/** The longest formula that is drawn, in characters. A longer one is shown as its source. */
const MAX_SOURCE = 4000;

/** Limits of one formula: no addresses or styles of its own, few expansions, sizes up to 20 em. */
const OPTIONS = {
  output: "mathml", throwOnError: true, strict: "ignore", trust: false, maxExpand: 500, maxSize: 20,
};

/** An element that holds the source of a formula, with its marks, until ``typeset`` draws it. */
export const formula = (source, isDisplay) =>
  make("span", { class: isDisplay ? "formula display" : "formula" }, source);

/** Draws the formulas below `root`. Those that KaTeX refuses stay as their source. */
export async function typeset(root) {
  if (!root.querySelector(".formula:not(.drawn)")) return;
  const katex = await load();
  // The page may have drawn the block again while KaTeX was loaded.
  for (const element of root.querySelectorAll(".formula:not(.drawn)")) draw(katex, element);
}

function draw(katex, element) {
  element.classList.add("drawn");
  const source = element.textContent;
  if (source.length > MAX_SOURCE) return;
  const marks = source.startsWith("$") && !source.startsWith("$$") ? 1 : 2;
  const displayMode = element.classList.contains("display");
  const drawn = document.createElement("span");
  try {
    katex.render(source.slice(marks, -marks), drawn, { ...OPTIONS, displayMode });
    element.replaceChildren(...drawn.childNodes);
  } catch {
    element.classList.add("refused");
  }
}

let loading = null;

/** Loads KaTeX once. A failure is forgotten, so that the next formula tries again. */
function load() {
  loading ??= new Promise((resolve, reject) => {
    const script = make("script", { src: "/web/katex.js" });
    script.onload = () => resolve(window.katex);
    script.onerror = () => {
      loading = null;
      script.remove();
      reject(new Error("KaTeX could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}
