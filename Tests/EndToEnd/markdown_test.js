// Unit tests of markdown.js. test_markdown.py runs them in the browser.
// `results` is a list of { name, problem }; problem is null if the case passes.
import { GrowingText, render } from "/web/markdown.js";

const results = [];

function check(name, body) {
  try {
    results.push({ name, problem: body() ?? null });
  } catch (error) {
    results.push({ name, problem: String(error.stack) });
  }
}

/** The HTML of a text without the parts that are the same in every case. */
function html(text) {
  const holder = document.createElement("div");
  holder.append(render(text));
  return shorten(holder);
}

const shorten = (holder) =>
  holder.innerHTML
    .replaceAll(' target="_blank" rel="noopener noreferrer"', "")
    .replaceAll('<button type="button" class="copy">Copy</button>', "")
    .replaceAll(' dir="auto"', "")
    .replaceAll(' tabindex="0"', "");

const code = (lang, text) =>
  `<figure class="code"><figcaption><span>${lang}</span></figcaption><pre><code>${text}</code></pre></figure>`;
const table = (head, ...rows) =>
  `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${rows.map((r) => `<tr>${r}</tr>`).join("")}</tbody></table></div>`;

const mark = (name, attribute = name) =>
  `<sup><button type="button" data-mark="${attribute}" aria-label="Footnote ${attribute}">${name}</button></sup>`;
const note = (name, text, attribute = name) =>
  `<p class="footnote" tabindex="-1" data-note="${attribute}"><sup>${name}</sup> ${text} ` +
  `<button type="button" aria-label="Back to the text">\u21a9\ufe0e</button></p>`;
const thought = (text) =>
  `<details class="reasoning"><summary>Reasoning</summary><pre class="thoughts">${text}</pre></details>`;
const formula = (text) => `<span class="formula">${text}</span>`;
const display = (text) => `<span class="formula display">${text}</span>`;

const CASES = [
  ["a paragraph keeps its line breaks", "one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"],
  ["windows line ends", "one\r\ntwo\r\n\r\nthree", "<p>one<br>two</p><p>three</p>"],
  ["headings rank below the page's own", "# A\n### B #\n####### C\n#hash", "<h3>A</h3><h5>B</h5><p>####### C<br>#hash</p>"],
  ["emphasis", "*a* _b_ **c** __d__ ~~e~~ ***f***", "<p><em>a</em> <em>b</em> <strong>c</strong> <strong>d</strong> <del>e</del> <strong><em>f</em></strong></p>"],
  ["nested emphasis", "**a *b* c** and *a **b** c*", "<p><strong>a <em>b</em> c</strong> and <em>a <strong>b</strong> c</em></p>"],
  ["marks that are not emphasis", "2 * 3 * 4, snake_case_name, a ** b, ~one~, *open", "<p>2 * 3 * 4, snake_case_name, a ** b, ~one~, *open</p>"],
  ["an unclosed mark inside a closed one", "**a *b** c", "<p><strong>a *b</strong> c</p>"],
  ["an empty pair of marks", "** ** and ****", "<p>** ** and ****</p>"],
  ["code spans win over emphasis", "*a `b*` c* ``x ` y`` `open", "<p><em>a <code>b*</code> c</em> <code>x ` y</code> `open</p>"],
  ["escapes", "\\*a\\* \\`b\\` \\q", "<p>*a* `b` \\q</p>"],
  ["a fence with a language", "```js\nlet a = 1 < 2;\n\n*x*\n```\nafter", `${code("js", "let a = 1 &lt; 2;\n\n*x*")}<p>after</p>`],
  ["a fence that is still open", "~~~\na\n", code("text", "a\n")],
  ["a longer fence holds a shorter one", "````md\n```\nx\n```\n````", code("md", "```\nx\n```")],
  ["a list with marks of all kinds", "- a\n- b\n\n1. c\n2. d", "<ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>"],
  ["a list's first number", "3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'],
  ["nested lists", "1. a\n   - b\n     - c\n2. d", "<ol><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ol>"],
  ["lists nested by two columns only", "1. a\n  - b\n2. c", "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>"],
  ["lists nested by tabs", "- a\n\t- b", "<ul><li>a<ul><li>b</li></ul></li></ul>"],
  ["a loose list", "- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
  ["code inside a list", "1. a\n   ```sh\n   ls\n     -l\n\n   # b\n   ```\n2. c", `<ol><li>a${code("sh", "ls\n  -l\n\n# b")}</li><li>c</li></ol>`],
  ["tasks", "- [ ] a\n- [x] b", "<ul><li>\u2610 a</li><li>\u2611 b</li></ul>"],
  ["a list right after a paragraph", "list:\n- a\n- b", "<p>list:</p><ul><li>a</li><li>b</li></ul>"],
  ["a year does not begin a list", "It was\n1984. Then", "<p>It was<br>1984. Then</p>"],
  ["a lazy line stays in its item", "- a\nb\n\nc", "<ul><li>a<br>b</li></ul><p>c</p>"],
  ["quotes, nested", "> a\n> > b\n\nc", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote><p>c</p>"],
  ["rules", "a\n\n---\n* * *\nb", "<p>a</p><hr><hr><p>b</p>"],
  ["a table with alignment", "| A | B |\n|:-:|--:|\n| `x|y` | a\\|b |\n| 1 |", table('<th class="center">A</th><th class="end">B</th>', '<td class="center"><code>x|y</code></td><td class="end">a|b</td>', '<td class="center">1</td>')],
  ["a table without outer bars", "A | B\n--- | ---\n1 | 2\n\nend", `${table("<th>A</th><th>B</th>", "<td>1</td><td>2</td>")}<p>end</p>`],
  ["a table's empty cells", "| A | B |\n|---|---|\n|  | 2 |", table("<th>A</th><th>B</th>", "<td></td><td>2</td>")],
  ["a table's broken line", "| A |\n|---|\n| 1<br>2 |", table("<th>A</th>", "<td>1<br>2</td>")],
  ["links", "[a *b*](https://x.example/p_(1)?q=1) [m](mailto:a@b.example)", '<p><a href="https://x.example/p_(1)?q=1">a <em>b</em></a> <a href="mailto:a@b.example">m</a></p>'],
  ["bare addresses leave the punctuation", "See https://x.example/a_b_(c). (http://y.example/)", '<p>See <a href="https://x.example/a_b_(c)">https://x.example/a_b_(c)</a>. (<a href="http://y.example/">http://y.example/</a>)</p>'],
  ["an address as its own link text", "[https://a.example](https://b.example/)", '<p><a href="https://b.example/">https://a.example</a></p>'],
  ["a picture becomes a link", "![cat](https://x.example/cat.png)", '<p><a href="https://x.example/cat.png">cat</a></p>'],
  ["no other schemes", "[a](javascript:alert(1)) [b](data:text/html,x) [c](JaVaScRiPt:alert(1)) [d](/path) [e](vbscript:x)", "<p>[a](javascript:alert(1)) [b](data:text/html,x) [c](JaVaScRiPt:alert(1)) [d](/path) [e](vbscript:x)</p>"],
  ["HTML is text", '<img src=x onerror="a()"><script>b()</script> &lt;', '<p>&lt;img src=x onerror="a()"&gt;&lt;script&gt;b()&lt;/script&gt; &amp;lt;</p>'],
  ["HTML in a fence's language is text", "```<b>x\n</code>\n```", code("&lt;b&gt;x", "&lt;/code&gt;")],
  ["HTML in a link's target is not markup", '[a](https://x.example/"onmouseover="b)', '<p><a href="https://x.example/%22onmouseover=%22b">a</a></p>'],
  ["brackets that are not links", "a[0] [x] ](", "<p>a[0] [x] ](</p>"],
  ["formulas keep their source", "\\(a^2+b_1\\) and $u_{1}*v*w$, $p_i_j$", `<p>${formula("\\(a^2+b_1\\)")} and ${formula("$u_{1}*v*w$")}, ${formula("$p_i_j$")}</p>`],
  ["display formulas in a line", "so \\[ \\frac{d}{dx} \\] or $$x_1*y*z$$.", `<p>so ${display("\\[ \\frac{d}{dx} \\]")} or ${display("$$x_1*y*z$$")}.</p>`],
  ["a formula of its own lines", "a\n$$\n\\begin{matrix}\na & b \\\\\n- c\n\\end{matrix}\n$$\nb", `<p>a</p><p>${display("$$\n\\begin{matrix}\na &amp; b \\\\\n- c\n\\end{matrix}\n$$")}</p><p>b</p>`],
  ["a formula in brackets on its own lines", "\\[\n\\{n \\mid n > 5\\}\n\\]", `<p>${display("\\[\n\\{n \\mid n &gt; 5\\}\n\\]")}</p>`],
  ["prices are not formulas", "$5 and $10, $5-$10, a $5 or 6$ b, $ 4 $, US$ 5, \\$x\\$", `<p>$5 and $10, $5-$10, a ${formula("$5 or 6$")} b, $ 4 $, US$ 5, $x$</p>`],
  ["a formula that is not closed", "$x and \\(y and \\[z\n\n$$\na", "<p>$x and (y and [z</p><p>$$<br>a</p>"],
  ["a code span wins over a formula", "$x and `$y`", "<p>$x and <code>$y</code></p>"],
  ["escaped brackets of a link", "\\[a\\](https://x.example)", "<p>[a](<a href=\"https://x.example/\">https://x.example</a>)</p>"],
  ["a formula in a list and in a table", "- $a_1*b*c$\n\n|A|\n|-|\n|$x_1*y*z$|", `<ul><li>${formula("$a_1*b*c$")}</li></ul>${table("<th>A</th>", `<td>${formula("$x_1*y*z$")}</td>`)}`],
  ["headings that are underlined", "A\n===\nB\nC *d*\n---\n\n- g\n---", "<h3>A</h3><h4>B<br>C <em>d</em></h4><ul><li>g</li></ul><hr>"],
  ["a rule after a blank line, and a table, are no headings", "A\n\n---\n\na | b\n--- | ---\n1 | 2", `<p>A</p><hr>${table("<th>a</th><th>b</th>", "<td>1</td><td>2</td>")}`],
  ["addresses between angles", "<https://x.example/a_b> <mailto:a@b.example> <c.d@e.example> <b> <javascript:a()> a<b", '<p><a href="https://x.example/a_b">https://x.example/a_b</a> <a href="mailto:a@b.example">mailto:a@b.example</a> <a href="mailto:c.d@e.example">c.d@e.example</a> &lt;b&gt; &lt;javascript:a()&gt; a&lt;b</p>'],
  ["an address without a scheme", "www.x.example/a. www. xwww.y.example", '<p><a href="https://www.x.example/a">www.x.example/a</a>. www. xwww.y.example</p>'],
  ["references before and after their addresses", "[a *b*][C d], [c  D][], [c d] and [e]\n\n[c d]: https://x.example/1 \"title\"\n[c d]: https://x.example/2\n\n![f][e]\n[e]: <https://y.example>", '<p><a href="https://x.example/1">a <em>b</em></a>, <a href="https://x.example/1">c  D</a>, <a href="https://x.example/1">c d</a> and <a href="https://y.example/">e</a></p><p><a href="https://y.example/">f</a></p>'],
  ["references without addresses", "[a][b] [c][] x[0][1]\n\n[b]: javascript:alert(1)\n[c]: /path", "<p>[a][b] [c][] x[0][1]</p><p>[b]: javascript:alert(1)<br>[c]: /path</p>"],
  ["a reference in a list and in a quote", "- [a]\n  > [a]\n\n[a]: https://x.example", '<ul><li><a href="https://x.example/">a</a><blockquote><p><a href="https://x.example/">a</a></p></blockquote></li></ul>'],
  ["an address in code is no definition", "[a]\n\n```\n[a]: https://x.example\n```", `<p>[a]</p>${code("text", "[a]: https://x.example")}`],
  ["footnotes", "a[^1] b[^no]\n\n[^1]: **c**\nd", `<p>a${mark("1")} b[^no]</p>${note("1", "<strong>c</strong><br>d")}`],
  ["a footnote with a name of markup", "a[^<b>\"]\n\n[^<b>\"]: c", `<p>a${mark("&lt;b&gt;\"", "&lt;b&gt;&quot;")}</p>${note("&lt;b&gt;\"", "c", "&lt;b&gt;&quot;")}`],
  ["reasoning", "<think>\na *b*\n\n<b>c</b>\n</think>\n\nd", `${thought("a *b*\n\n&lt;b&gt;c&lt;/b&gt;\n")}<p>d</p>`],
  ["reasoning in one line with the answer", "<think>a</think>b **c**", `${thought("a")}<p>b <strong>c</strong></p>`],
  ["reasoning without its first tag", "Hm, *so*.\n\n- a\n</think>\nb", `${thought("Hm, *so*.\n\n- a\n")}<p>b</p>`],
  ["reasoning under other names", "<thinking>\na\n</thinking>\n[THINK]b[/THINK]\n# c\n<thought>d</thought>", `${thought("a\n")}${thought("b")}<h3>c</h3>${thought("d")}`],
  ["reasoning that is not finished", "<think>\na\n\n- b", thought("a\n\n- b")],
  ["tags of reasoning in code", "Use `</think>` here.\n\n```\n<think>\n</think>\n```", `<p>Use <code>&lt;/think&gt;</code> here.</p>${code("text", "&lt;think&gt;\n&lt;/think&gt;")}`],
  ["nothing", "", ""],
];
for (const [name, text, expected] of CASES) {
  check(name, () => (html(text) === expected ? null : `wanted ${expected}\n   got ${html(text)}`));
}

// A text that grows in pieces of any size ends as the same HTML as the whole text at once.
const ALL = CASES.map(([, text]) => text).filter((text) => !text.includes("\r")).join("\n\n");
for (const size of [1, 2, 7, 64]) {
  for (const text of [...CASES.map(([, each]) => each), ALL]) {
    check(`grown by ${size}: ${text.slice(0, 30)}`, () => {
      const holder = document.createElement("div");
      const growing = new GrowingText(holder);
      for (let at = 0; at < text.length; at += size) growing.push(text.slice(at, at + size));
      growing.end();
      return shorten(holder) === html(text) ? null : `wanted ${html(text)}\n   got ${shorten(holder)}`;
    });
  }
}

check("an open code block grows in place", () => {
  const holder = document.createElement("div");
  const growing = new GrowingText(holder);
  growing.push("```\na\n");
  const before = holder.querySelector("code").firstChild;
  growing.push("b\nc");
  return holder.querySelector("code").firstChild === before && before.data === "a\nb\nc" ? null : holder.innerHTML;
});

// Hostile texts: twice the length takes about twice the time, and the stack does not overflow.
const HOSTILE = {
  stars: (n) => "*a ".repeat(n),
  "star pairs": (n) => "*".repeat(n) + "a" + "*".repeat(n),
  "mixed marks": (n) => "*a _b **c __d ".repeat(n) + "__ ** _ *".repeat(n),
  "closing marks": (n) => "a** b_ c* ".repeat(n),
  backticks: (n) => Array.from({ length: n }, (_, i) => "`".repeat(i % 90)).join("a"),
  "opening brackets": (n) => "[".repeat(n),
  "open links": (n) => "[a](".repeat(n),
  "nested links": (n) => "[".repeat(n) + "a" + "](https://x.example)".repeat(n),
  pictures: (n) => "![".repeat(n) + "](".repeat(n),
  parentheses: (n) => `[a](${"(".repeat(n)}`,
  quotes: (n) => ">".repeat(n),
  "quoted lines": (n) => `${"> ".repeat(200)}a\n`.repeat(n / 100),
  lists: (n) => Array.from({ length: n / 20 }, (_, i) => `${" ".repeat(2 * (i % 200))}- a`).join("\n"),
  "list marks in a line": (n) => "- ".repeat(n) + "a",
  "blank lines": (n) => "- a" + "\n".repeat(n) + "b",
  "table rows": (n) => `|${"a|".repeat(n / 10)}\n|${"-|".repeat(n / 10)}\n${"|x\n".repeat(n)}`,
  "delimiter rows": (n) => "|-\n".repeat(n),
  "spaces before a mark": (n) => "```" + " ".repeat(n) + "`",
  "heading marks": (n) => "# " + "# ".repeat(n) + "#".repeat(n) + "a",
  addresses: (n) => "https://".repeat(n),
  "one address": (n) => "https://x.example/" + ")".repeat(n),
  angles: (n) => "<".repeat(n),
  surrogates: (n) => "\ud83d".repeat(n) + "*\udc00*".repeat(n),
  dollars: (n) => "$a ".repeat(n),
  "pairs of dollars": (n) => "$$".repeat(n),
  "open formulas": (n) => "\\(".repeat(n) + "\\[ ".repeat(n),
  "lines of open formulas": (n) => "\\[ a\n".repeat(n),
  "lines of dollars": (n) => "$$ a\n- b\n".repeat(n),
  "formulas with backticks": (n) => "\\(`\\) ".repeat(n),
  rules: (n) => "- - ".repeat(n) + "a",
  definitions: (n) => Array.from({ length: n / 20 }, (_, i) => `[${i}]: https://x.example/${i}\n`).join(""),
  references: (n) => "[a]: https://x.example\n\n" + "[a][b] [a] ".repeat(n / 5),
  "open labels": (n) => "[a][".repeat(n),
  "long labels": (n) => `[${"a".repeat(n)}][${"b".repeat(n)}]`,
  "nested labels": (n) => "[a]: https://x.example\n\n" + "[".repeat(n) + "a" + "][a]".repeat(n),
  footnotes: (n) => Array.from({ length: n / 20 }, (_, i) => `[^${i}] [^${i}]\n\n[^${i}]: a\n\n`).join(""),
  "open angles": (n) => "<https://x".repeat(n),
  "dots of addresses": (n) => "<a@" + "b.".repeat(n) + ">",
  "www marks": (n) => "www.".repeat(n),
  underlines: (n) => "a\n--\n".repeat(n) + "=".repeat(n),
  "paragraphs of references": (n) => "[a][b]\n\n".repeat(n / 10) + "[b]: https://x.example",
  "paragraphs of ends": (n) => "</think>\n\n".repeat(n / 10),
  thoughts: (n) => "<think>a</think>\n".repeat(n / 10),
  "thoughts in a line": (n) => "<think>a</think>".repeat(n / 10),
  "ends of thoughts": (n) => "</think>\n".repeat(n / 10),
  "open thoughts": (n) => "<think>\n".repeat(n),
};
const timed = (text) => {
  const began = performance.now();
  render(text);
  return performance.now() - began;
};
for (const [name, make] of Object.entries(HOSTILE)) {
  check(`hostile: ${name}`, () => {
    timed(make(1000));
    const [short, long] = [timed(make(10_000)), timed(make(80_000))];
    return long < 300 || long < 40 * short ? null : `10,000: ${short} ms, 80,000: ${long} ms`;
  });
}
// A text that grows in pieces of its tenth takes not much longer than at once.
for (const name of ["definitions", "paragraphs of references", "footnotes", "thoughts", "paragraphs of ends"]) {
  check(`hostile and growing: ${name}`, () => {
    const text = HOSTILE[name](40_000);
    const growing = new GrowingText(document.createElement("div"));
    const began = performance.now();
    for (let at = 0; at < text.length; at += 200) growing.push(text.slice(at, at + 200));
    growing.end();
    const took = performance.now() - began;
    return took < 3000 ? null : `${took} ms`;
  });
}
check("reasoning that grows stays as it was opened", () => {
  const holder = document.createElement("div");
  const growing = new GrowingText(holder);
  growing.push("<think>\na");
  const details = holder.firstChild;
  details.open = true;
  growing.push(" b\n\nc");
  if (holder.firstChild !== details) return "drawn again";
  growing.push("\n</think>\nd");
  return holder.firstChild.open && holder.childNodes.length === 2 ? null : holder.innerHTML;
});
check("the last of several addresses is known while the text grows", () => {
  const holder = document.createElement("div");
  const growing = new GrowingText(holder);
  growing.push("[a] [b]\n\n[a]: https://x.example/1\n[b]: https://x.exa");
  const links = holder.querySelectorAll("a").length;
  growing.push("mple/2");
  growing.end();
  const last = holder.querySelectorAll("a")[1]?.href;
  return links === 1 && last === "https://x.example/2" ? null : `${links} ${last} ${holder.innerHTML}`;
});
check("hostile nesting stays shallow", () => {
  let deepest = 0;
  for (const make of Object.values(HOSTILE)) {
    const walker = document.createTreeWalker(render(make(2000)));
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      let depth = 0;
      for (let up = node; up; up = up.parentNode) depth += 1;
      deepest = Math.max(deepest, depth);
    }
  }
  return deepest < 80 ? null : `depth ${deepest}`;
});
check("only known elements and attributes come out", () => {
  const tags = new Set("p br h3 h4 h5 h6 em strong del code figure figcaption span button pre ul ol li blockquote hr div table thead tbody tr th td a sup details summary".split(" "));
  const attributes = new Set(["class", "type", "tabindex", "start", "dir", "href", "target", "rel", "aria-label", "data-mark", "data-note"]);
  const holder = document.createElement("div");
  for (const make of Object.values(HOSTILE)) holder.append(render(make(300)));
  for (const [, text] of CASES) holder.append(render(text));
  for (const element of holder.querySelectorAll("*")) {
    if (!tags.has(element.localName)) return element.localName;
    for (const { name } of element.attributes) if (!attributes.has(name)) return `${element.localName} ${name}`;
  }
  return null;
});

window.results = results;
