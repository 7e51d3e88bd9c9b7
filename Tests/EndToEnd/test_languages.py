"""The page writes every language: directions, line breaks, formulas."""

import json
from collections.abc import Callable

import pytest
from support.berth import Berth, FakeOpenAI
from support.browser import Page, shoot, wait_for

FORMULAS = r"""Inline \(a^2+b^2=c^2\), $\{n \mid n > 5\}$ and $\nosuchmacro{x}$ for $5.

$$
\begin{matrix}
a & b \\
c & d
\end{matrix}
$$

\[ \frac{d}{dx} e^x = e^x \]"""

HEBREW = "שלום, זה מבחן של write() בעברית."
CHINESE = "把下面的表格翻译成英文，并说明每一列的含义：\n\n| 城市 | 人口 |\n|---|---|\n| 北京 | 2189万 |\n| 上海 | 2487万 |"
ARABIC = "- السلام عليكم\n- هذا اختبار\n\n> اقتباس\n\nAn English line."


@pytest.fixture
def echo(own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page) -> Page:
    """The page of a service that answers with the question."""
    service = own_berth(**own_fake().settings("echo"))
    page.enter(service, service.add_tenant("ann"))
    return page


def ask(page: Page, text: str) -> None:
    page.driver.execute_script(
        "const t = document.getElementById('text'); t.value = arguments[0];"
        "t.dispatchEvent(new Event('input')); document.getElementById('send').click()",
        text,
    )
    assert page.answered() == "done"


def ruled(page: Page, script: str) -> list:
    return page.driver.execute_script(f"return {script}")


def test_formulas_are_drawn_as_mathml_and_a_broken_one_stays_as_its_source(echo: Page) -> None:
    loaded = "performance.getEntriesByType('resource').filter((r) => r.name.endsWith('/katex.js')).length"
    ask(echo, "no formula, though it costs $5 and $6")
    assert ruled(echo, loaded) == 0
    ask(echo, FORMULAS)
    for reload in (False, True):
        if reload:
            echo.driver.refresh()
        wait_for(lambda: len(echo.all(".formula.drawn")) == 5, what="the formulas")
        assert len(echo.all(".formula math")) == 4
        assert [e.text for e in echo.all(".formula.refused")] == [r"$\nosuchmacro{x}$"]
        sources = [e.get_attribute("textContent") for e in echo.all("math annotation")]
        assert [s.strip() for s in sources][:2] == ["a^2+b^2=c^2", r"\{n \mid n > 5\}"]
        assert len(echo.all(".formula.display math[display=block]")) == 2
        assert ruled(echo, "document.querySelector('.formula math').getBoundingClientRect().width") > 20
    assert ruled(echo, loaded) == 1
    assert echo.complaints() == []


def test_a_hostile_formula_neither_links_nor_stalls_the_page(echo: Page) -> None:
    bombs = r"$\href{javascript:alert(1)}{x}$ $\def\a{\a\a}\a$ $\rule{9999em}{9999em}$ " + r"$\url{http://x}$"
    ask(echo, bombs)
    wait_for(lambda: len(echo.all(".formula.drawn")) >= 3, what="the formulas")
    assert echo.all(".md a[href]") == []
    assert ruled(echo, "Math.max(...[...document.querySelectorAll('.md *')].map((e) => e.scrollHeight))") < 2000


@pytest.mark.parametrize(
    ("text", "directions"),
    [
        (HEBREW, {"p": "rtl"}),
        (ARABIC, {"ul": "rtl", "blockquote": "rtl", "p:last-child": "ltr"}),
        ("1. one\n2. two", {"ol": "ltr"}),
    ],
)
def test_each_block_takes_the_direction_of_its_own_text(
    echo: Page, text: str, directions: dict[str, str]
) -> None:
    ask(echo, text)
    for selector, direction in directions.items():
        told = ruled(echo, f"""(() => {{
            const block = document.querySelector('.md > {selector}');
            const range = document.createRange();
            const text = document.createTreeWalker(block, NodeFilter.SHOW_TEXT).nextNode();
            range.selectNodeContents(text);
            const [inner, outer] = [range.getBoundingClientRect(), block.getBoundingClientRect()];
            return inner.left - outer.left > outer.right - inner.right ? 'rtl' : 'ltr';
        }})()""")
        assert (selector, told) == (selector, direction)


def test_the_message_box_follows_what_is_typed_and_code_is_left_to_right(echo: Page) -> None:
    ask(echo, f"{HEBREW}\n\n```\nlet a = 1\n```")
    assert ruled(echo, "getComputedStyle(document.querySelector('pre')).direction") == "ltr"
    box = "getComputedStyle(document.getElementById('text')).direction"
    for typed, direction in ((HEBREW, "rtl"), ("hello", "ltr")):
        ruled(echo, f"(document.getElementById('text').value = {json.dumps(typed)})")
        assert ruled(echo, box) == direction


def test_conversations_in_hebrew_arabic_and_chinese_fit_the_page(echo: Page) -> None:
    for text in (HEBREW, ARABIC, CHINESE):
        ask(echo, text)
    assert ruled(echo, "document.documentElement.scrollWidth <= innerWidth")
    bidi = ruled(echo, "[...document.querySelectorAll('.asked')].map((e) => getComputedStyle(e).unicodeBidi)")
    assert bidi == ["plaintext"] * 3
    echo.driver.execute_script("document.querySelector('.turn').scrollIntoView()")
    shoot(echo, "languages.png")
    assert echo.complaints() == []
