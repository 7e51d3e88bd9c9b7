"""The page in each of its languages, folded reasoning, footnotes, and coloured code."""

import re
from collections.abc import Callable

import pytest
from support.berth import Berth, FakeOpenAI, Tenant
from support.browser import Page, wait_for

LANGUAGES = {
    "en": ("en-GB,en;q=0.9", "New conversation", "Pin", "Write a message", r"[A-Za-z]"),
    "ru": ("ru-RU,ru;q=0.9", "Новый разговор", "Закрепить", "Сообщение…", r"[а-яё]"),
    "uk": ("uk-UA,uk;q=0.9", "Нова розмова", "Закріпити", "Повідомлення…", r"[а-яіїєґ]"),
    "zh": ("zh-CN,zh;q=0.9", "新对话", "置顶", "输入消息", r"[\u4e00-\u9fff]"),
}

#: Words that are the same in every language.
NAMES = re.compile(
    r"Berth|Markdown|JSON|PDF|KiB|OpenAI|TCP|https?|Enter|Shift|Esc|JavaScript|QR|URL|Chrome|Linux"
    r"|/[a-z]+|ann|tenant\d+|demo/?[a-z-]*|Fresh"
)

CODE = """```python
def add(a, b):  # a comment
    return "x" + str(1)
```

and

```nolanguage
let a = <b>1</b>
```"""


def speak(page: Page, header: str) -> None:
    """Makes the browser prefer the languages of a header."""
    agent = page.driver.execute_script("return navigator.userAgent")
    values = {"userAgent": agent, "acceptLanguage": header}
    page.driver.execute_cdp_cmd("Emulation.setUserAgentOverride", values)


def names(page: Page) -> list[tuple[str, str]]:
    """The roles and names of all controls in the accessibility tree."""
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "link", "textbox", "searchbox", "combobox"}
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored") and node.get("role", {}).get("value") in roles
    ]


def ask(page: Page, text: str) -> None:
    page.driver.execute_script(
        "const t = document.getElementById('text'); t.value = arguments[0];"
        "t.dispatchEvent(new Event('input')); document.getElementById('send').click()",
        text,
    )
    assert page.answered() == "done"


@pytest.fixture
def echo(own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI], page: Page) -> Page:
    """The page of a service that answers with the question."""
    service = own_berth(**own_fake().settings("echo"))
    page.enter(service, service.add_tenant("ann"))
    return page


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_speaks_the_browsers_language(
    berth: Berth, tenant: Tenant, page: Page, code: str
) -> None:
    header, new, pin, write, script = LANGUAGES[code]
    speak(page, header)
    page.enter(berth, tenant)
    assert page.driver.execute_script("return document.documentElement.lang") == code
    assert page.text("#new").strip() == new and page.text("#title") == new
    assert page.get("#text").get_attribute("placeholder") == write
    page.send("one **two**")
    assert page.answered() == "done"
    page.get("#more").click()
    assert page.get("#pin").text == pin
    # No control is without a name, and none has a name in another language.
    controls = names(page)
    assert len(controls) > 20
    for role, name in controls:
        assert name, role
        words = NAMES.sub("", name)
        if re.search(r"\w{3,}", re.sub(r"[\d_]", "", words)) and "one" not in name:
            assert re.search(script, words.lower() if code != "en" else words), (role, name)
    if code != "en":
        # Everything that the page itself shows.
        shown = page.driver.execute_script(
            "for (const e of document.querySelectorAll('.md, .asked, .facts')) e.hidden = true;"
            "return document.body.innerText"
        )
        stray = set(re.findall(r"[A-Za-z]{4,}", NAMES.sub("", shown)))
        assert stray <= {"auto"}, stray
    page.get("#account").click()
    wait_for(lambda: page.all("#account-logins li"), what="the logins")
    assert page.get("#account-add").text
    assert page.complaints() == []


def test_the_pages_before_the_login_speak_it_too(berth: Berth, page: Page) -> None:
    for code, words in (("ru", "Войти"), ("uk", "Увійти"), ("zh", "登录"), ("en", "Log in")):
        speak(page, LANGUAGES[code][0])
        for path in ("/login", "/login?token=a"):
            page.driver.get(berth.url + path)
            assert page.get("form button").text == words
            assert page.driver.execute_script("return document.documentElement.lang") == code
        page.driver.get(berth.url)
        wait_for(lambda: page.all(".card"), what="the card")
        assert page.all(".card code")[0].text == "/web"


def test_numbers_agree_with_their_nouns(berth: Berth, tenant: Tenant, page: Page) -> None:
    speak(page, LANGUAGES["ru"][0])
    page.enter(berth, tenant)
    said = page.driver.execute_async_script(
        "const done = arguments[0]; import('/web/words.js').then(({ w, dollars, inWords }) => done(["
        "...[1, 2, 5, 21, 1234567].map((n) => w('results', { n })), dollars(12345), inWords(75)]))"
    )
    assert said[:4] == ["1 результат", "2 результата", "5 результатов", "21 результат"]
    assert re.fullmatch(r"1\s234\s567 результатов", said[4])
    assert re.fullmatch(r"0,012\s\$", said[5]) and re.fullmatch(r"75\sс(ек)?\.?", said[6])


def test_reasoning_is_folded_and_is_no_markup(echo: Page) -> None:
    ask(echo, "<think>\nHm <img src=x onerror=alert(1)>\n\n- *so*\n</think>\n\nYes **b**.")
    for reload in (False, True):
        if reload:
            echo.driver.refresh()
        wait_for(lambda: echo.all(".md details"), what="the reasoning")
        details = echo.get(".md details")
        assert details.get_attribute("open") is None
        assert details.find_element("css selector", "summary").text == "Reasoning"
        assert "<img src=x" in echo.text(".md details pre") and not echo.all(".md img")
        assert echo.text(".md > p") == "Yes b."
    ask(echo, "No tag at first.\n</think>\nThe answer.")
    assert echo.all(".md")[-1].text.splitlines()[-1] == "The answer."
    echo.press()
    summary = echo.all(".md summary")[-1]
    echo.driver.execute_script("arguments[0].focus()", summary)
    echo.press("\n")
    assert echo.all(".md details")[-1].get_attribute("open") is not None


def test_footnotes_and_references_work_by_keyboard(echo: Page) -> None:
    ask(echo, "A[^1] and [b][c].\n\n[c]: https://x.example/c\n[^1]: The note.")
    assert echo.get(".md p a").get_attribute("href") == "https://x.example/c"
    mark = echo.get(".md sup button")
    assert mark.get_attribute("aria-label") == "Footnote 1"
    before = echo.driver.execute_script("return location.hash")
    echo.driver.execute_script("arguments[0].focus()", mark)
    echo.press("\n")
    focused = "return document.activeElement.dataset"
    assert echo.driver.execute_script(focused) == {"note": "1"}
    echo.get(".md .footnote button").click()
    assert echo.driver.execute_script(focused) == {"mark": "1"}
    assert echo.driver.execute_script("return location.hash") == before


def test_code_is_coloured_when_the_page_first_shows_some(echo: Page) -> None:
    loaded = (
        "return performance.getEntriesByType('resource')"
        ".filter((r) => r.name.endsWith('/highlight.js')).length"
    )
    ask(echo, "no code")
    assert echo.driver.execute_script(loaded) == 0
    ask(echo, CODE)
    wait_for(lambda: echo.all(".hljs-keyword"), what="the colours")
    assert [e.text for e in echo.all(".hljs-keyword")] == ["def", "return"]
    assert echo.text(".hljs-comment") == "# a comment"
    pre = echo.all(".md pre")
    assert pre[0].text == 'def add(a, b):  # a comment\n    return "x" + str(1)'
    assert pre[1].text == "let a = <b>1</b>" and not pre[1].find_elements("css selector", "code *")
    assert echo.driver.execute_script(loaded) <= 1
    for scheme in ("light", "dark"):
        echo.colors(scheme)
        for kind in ("keyword", "comment", "string", "number", "built_in", "title"):
            for element in echo.all(f".hljs-{kind}"):
                assert contrast(echo, element) >= 4.5, (scheme, kind)
    ask(echo, f"```js\n{'let a = 1;' * 11_000}\n```\n\n```js\nlet b\n```")
    wait_for(lambda: len(echo.all(".hljs-keyword")) == 3, what="the colour of the short code")
    assert echo.complaints() == []


def contrast(page: Page, element: object) -> float:
    """The ratio of an element's colour to its code block's."""
    return page.driver.execute_script(
        """
        const light = (text) => {
          const [r, g, b] = text.match(/[\\d.]+/g).map((v) => v / 255)
            .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const back = getComputedStyle(arguments[0].closest("figure")).backgroundColor;
        const [a, b] = [light(getComputedStyle(arguments[0]).color), light(back)];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        """,
        element,
    )
