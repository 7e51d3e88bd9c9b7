"""The person's conversations as a collection, in a real browser: the list in pages, search, pins,
the archive, undone deletions, downloads, print, links, the theme, the app for a home screen."""

import base64
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from support.berth import Berth, Tenant
from support.browser import LONG, SHOTS, Page, chromium, shoot, wait_for
from support.pdf import text_of_pdf

#: Turns of a long conversation, which the page loads in three parts.
MANY = 120


class Library:
    """A service with a person whose conversations were written into its database."""

    def __init__(self, berth: Berth) -> None:
        self.berth = berth
        self.tenant = berth.add_tenant("mia")
        self.cookie = berth.log_in(self.tenant.web)

    def fill(self, conversations: list[tuple[str, list[tuple[str, str]]]]) -> None:
        """Writes conversations with their turns, each newer than the one before."""
        self.berth.stop()
        now = int(time.time() * 1000) - 86_400_000 * 3
        with closing(sqlite3.connect(self.berth.data / "berth.db")) as base, base:
            owner = base.execute("SELECT id FROM tenant WHERE name = 'mia'").fetchone()[0]
            for number, (title, turns) in enumerate(conversations):
                at = now + number * 1000
                session = base.execute(
                    """INSERT INTO session (public_id, channel, chat, topic, is_group, tenant, title,
                       created_ms, updated_ms) VALUES (?, 'web', '', '', 0, ?, ?, ?, ?)""",
                    (f"conversation{number:04}", owner, title, at, at),
                ).lastrowid
                last = 0
                for place, (text, answer) in enumerate(turns):
                    last = base.execute(
                        """INSERT INTO turn (public_id, session, tenant, kind, state, text, answer,
                           created_ms, finished_ms, ending, parent)
                           VALUES (?, ?, ?, 'message', 'done', ?, ?, ?, ?, 'stop', ?)""",
                        (f"turn{number:04}x{place:04}", session, owner, text, answer, at, at, last),
                    ).lastrowid
                base.execute("UPDATE session SET leaf = ? WHERE id = ?", (last, session))
        self.berth.start()

    def enter(self, page: Page, place: str = "") -> None:
        page.driver.get(f"{self.berth.url}/web/icon.svg")
        name, _, value = self.cookie.partition("=")
        page.driver.add_cookie({"name": name, "value": value, "path": "/", "httpOnly": True})
        page.driver.get(f"{self.berth.url}/{place}")
        page.get("#text")


@pytest.fixture
def library(own_berth: Callable[..., Berth]) -> Library:
    return Library(own_berth())


@pytest.fixture
def narrow() -> Iterator[Page]:
    """A new browser that is 320 pixels wide, as small phones and enlarged pages are."""
    driver = chromium(320, 640, phone=True)
    yield Page(driver)
    driver.quit()


def titles(page: Page) -> list[str]:
    script = "return [...document.querySelectorAll('#list a')].map((a) => a.textContent)"
    return page.driver.execute_script(script)


def act(page: Page, action: str) -> None:
    """Chooses an action from the menu of the open conversation."""
    page.get("#more").click()
    page.get(f"#{action}").click()


def names_of_controls(page: Page) -> list[tuple[str, str]]:
    """The roles and names of all controls in the accessibility tree."""
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {"button", "link", "textbox", "searchbox", "combobox", "dialog", "list", "checkbox"}
    shown = [n for n in nodes if not n.get("ignored")]
    pairs = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in shown]
    return [pair for pair in pairs if pair[0] in roles - {"list"}]


def wide(page: Page) -> bool:
    script = "return document.documentElement.scrollWidth > innerWidth"
    return page.driver.execute_script(script)


def test_every_conversation_is_reached_by_the_list_and_by_its_address(
    library: Library, page: Page
) -> None:
    library.fill([(f"Number {n}", [(f"question {n}", f"answer {n}")]) for n in range(250)])
    library.enter(page)
    wait_for(lambda: len(titles(page)) == 100, what="the first page")
    for count in (200, 250):
        button = page.driver.find_element("xpath", "//button[.='Older conversations']")
        page.driver.execute_script("arguments[0].scrollIntoView()", button)
        button.click()
        wait_for(lambda count=count: len(titles(page)) == count, what="a further page")
    assert titles(page) == [f"Number {n}" for n in reversed(range(250))]
    page.driver.execute_script("document.querySelectorAll('#list a')[249].click()")
    wait_for(lambda: page.text(".asked") == "question 0", what="the oldest conversation")

    library.enter(page, "#conversation0001")
    page.driver.refresh()
    wait_for(lambda: page.text(".asked") == "question 1", what="a conversation by its address")
    assert page.text("#title") == "Number 1" and len(titles(page)) == 100
    page.driver.get(f"{library.berth.url}/#nothing")
    page.driver.refresh()
    wait_for(lambda: "no such conversation" in page.text("#notice"), what="the reason")


def test_search_finds_parts_of_words_in_any_script_and_leads_to_the_place(
    library: Library, page: Page
) -> None:
    long = [(f"question {n}", f"answer {n}" + " more" * 40) for n in range(MANY)]
    long[3] = ("Where is the quokka?", "On Rottnest Island.")
    library.fill([
        ("A long one", long), ("北京之行", [("天气如何？", "北京今天下雪，很冷。")]),
        ("عربي", [("ما هي عاصمة مصر؟", "القاهرة هي عاصمة مصر.")]),
        ("Nothing <b>bold</b>", [("<script>alert(1)</script>", "harmless")]),
    ])
    library.enter(page)

    def search(text: str) -> list[str]:
        box = page.get("#search")
        box.clear()
        box.send_keys(text)
        wait_for(lambda: page.all("#found li"), what="results")
        return [e.text for e in page.all("#found li")]

    found = wait_for(lambda: [t for t in search("QUOK") if "quokka" in t])
    assert "A long one" in found[0]
    assert [e.text for e in page.all("#found mark")] == ["quok"]
    shoot(page, "library-search.png")
    page.get("#found a").click()
    wait_for(lambda: page.text(".sought .asked") == "Where is the quokka?", what="the place")
    top, height = page.driver.execute_script(
        "const r = document.querySelector('.sought').getBoundingClientRect(); return [r.top, innerHeight]"
    )
    assert 0 <= top < height, "the found message is in sight"

    assert any("北京今天下雪" in t for t in search("雪"))
    assert any("北京之行" in t for t in search("北京"))
    assert any("عاصمة مصر" in t for t in search("عاصمة"))
    shoot(page, "library-search-arabic.png")
    assert any("<script>alert(1)</script>" in t for t in search("<script>"))
    assert search("zebra") == ["Nothing was found."]
    page.get("#search").send_keys(Keys.ESCAPE)
    wait_for(lambda: page.find("#list").is_displayed(), what="the list")
    assert page.complaints() == []


def test_pin_and_archive(library: Library, page: Page) -> None:
    library.fill([(f"Number {n}", [("q", "a")]) for n in range(3)])
    library.enter(page, "#conversation0000")
    act(page, "pin")
    wait_for(lambda: titles(page)[0] == "Number 0", what="the pinned one first")
    assert page.all("#list h2")[0].text == "Pinned"
    page.driver.refresh()
    wait_for(lambda: titles(page) == ["Number 0", "Number 2", "Number 1"], what="the order")
    page.all("#list a")[1].click()
    wait_for(lambda: page.text("#title") == "Number 2", what="the second")
    act(page, "archive")
    wait_for(lambda: titles(page) == ["Number 0", "Number 1"], what="two")
    assert page.text("#title") == "Number 2", "the archived conversation stays open"
    page.driver.find_element("xpath", "//button[.='Archived conversations']").click()
    wait_for(lambda: titles(page) == ["Number 2"], what="the archive")
    act(page, "archive")
    wait_for(lambda: titles(page) == [], what="an empty archive")
    page.driver.find_element("xpath", "//button[.='Back to all conversations']").click()
    wait_for(lambda: titles(page) == ["Number 0", "Number 2", "Number 1"], what="all")


def test_a_deletion_is_undone_also_after_a_restart(library: Library, page: Page) -> None:
    library.fill([(f"Number {n}", [(f"question {n}", "a")]) for n in range(2)])
    library.enter(page, "#conversation0001")
    act(page, "delete")
    page.get("#ask-yes").click()
    wait_for(lambda: titles(page) == ["Number 0"], what="one left")
    assert "“Number 1” was deleted." in page.get("#undo").text
    shoot(page, "library-undo.png")
    library.berth.kill()
    library.berth.start()
    page.get("#undo button").click()
    wait_for(lambda: titles(page) == ["Number 1", "Number 0"], what="both again")
    wait_for(lambda: page.text(".asked") == "question 1", what="its messages")
    assert not page.find("#undo").is_displayed()


def test_downloads_have_what_the_page_has_not_loaded(library: Library, page: Page) -> None:
    library.fill([
        ("Other", [("x", "y")]),
        ("A long one", [(f"question {n}", f"answer **{n}**") for n in range(MANY)]),
    ])
    library.enter(page)
    page.get("#more").click()
    fetch = "return fetch(arguments[0]).then((r) => r.text())"
    links = {e.text: e.get_attribute("href") for e in page.all("#actions a")}
    assert len(links) == 4 and all(e.get_attribute("download") is not None for e in page.all("#actions a"))
    text = page.driver.execute_script(fetch, links["Download as Markdown"])
    assert text.startswith("# A long one\n") and text.count("\n## ") == 2 * MANY
    one = json.loads(page.driver.execute_script(fetch, links["Download as JSON"]))
    assert [t["answer"] for t in one["turns"]] == [f"answer **{n}**" for n in range(MANY)]
    everything = json.loads(page.driver.execute_script(fetch, links["Download everything as JSON"]))
    assert [c["title"] for c in everything["conversations"]] == ["A long one", "Other"]


def test_print_has_the_whole_conversation(library: Library, page: Page) -> None:
    turns = [(f"question{n}.", f"answer{n}. " + "Text that fills the page. " * 8) for n in range(MANY)]
    library.fill([("A long one", turns)])
    library.enter(page)
    wait_for(lambda: len(page.all(".turn")) == 50, what="the newest turns")
    page.driver.execute_script("window.print = () => { window.printed = true; }")
    act(page, "print")
    wait_for(lambda: page.driver.execute_script("return window.printed"), what="the print")
    page.colors("dark")
    made = page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    pdf = base64.b64decode(made)
    if SHOTS:
        (Path(SHOTS) / "library.pdf").write_bytes(pdf)
    text = text_of_pdf(pdf)
    for n in range(MANY):
        assert f"question{n}." in text and f"answer{n}." in text, n
    for control in ("Search", "Copy", "Log out", "New conversation", "Rename"):
        assert control not in text
    pages = len(re.findall(rb"/Type /Page\b", pdf))
    assert MANY / 12 < pages < MANY / 3, f"{pages} pages, none of them empty"


def test_a_link_shows_a_conversation_without_a_login_until_it_is_ended(
    library: Library, page: Page, phone: Page
) -> None:
    answer = "| a | b |\n|---|---|\n| 1 | 2 |\n\n**bold** ![x](https://example.org/x.png)"
    library.fill([("北京 & مرحبا", [("secret <b>question</b>", answer)] * 60)])
    library.enter(page)
    act(page, "share")
    page.get("#share-new button").click()
    link = page.get("#share-list input").get_attribute("value")
    assert link.startswith(f"{library.berth.url}/shared/")
    assert page.driver.execute_script("return getSelection().toString()") == link
    shoot(page, "library-share.png")
    assert [c for c in names_of_controls(page) if not c[1]] == []

    phone.driver.get(link)
    wait_for(lambda: len(phone.all(".turn")) == 60, what="the whole conversation")
    assert phone.text("#title") == "北京 & مرحبا"
    assert phone.text(".asked") == "secret <b>question</b>"
    assert phone.all(".md table") and phone.all(".md strong")
    assert phone.driver.get_cookies() == [] and not wide(phone)
    assert phone.driver.execute_script("return document.querySelector('[name=robots]').content") == "noindex, nofollow"
    shoot(phone, "library-shared-phone.png")
    assert phone.complaints() == []

    page.driver.find_element("xpath", "//button[.='End this link']").click()
    wait_for(lambda: not page.all("#share-list li"), what="no links")
    assert page.focused() == "share-close"
    phone.driver.get(link)
    assert "leads nowhere" in phone.get(".card").text


def test_the_theme_is_chosen_and_kept(library: Library, page: Page) -> None:
    library.fill([("One", [("q", "a")])])
    library.enter(page)
    paper = lambda: page.driver.execute_script(  # noqa: E731
        "return getComputedStyle(document.body).backgroundColor"
    )
    light = paper()
    page.colors("dark")
    dark = paper()
    assert dark != light
    Select(page.get("#theme")).select_by_visible_text("Light")
    assert paper() == light
    page.colors("light")
    Select(page.get("#theme")).select_by_visible_text("Dark")
    assert paper() == dark
    page.driver.refresh()
    page.get("#text")
    assert paper() == dark and page.find("#theme").get_attribute("value") == "dark"
    shoot(page, "library-dark.png")
    Select(page.get("#theme")).select_by_visible_text("Auto")
    assert paper() == light
    assert page.complaints() == []


def test_the_page_is_an_app_for_the_home_screen(library: Library, phone: Page) -> None:
    library.enter(phone)
    found = phone.driver.execute_cdp_cmd("Page.getAppManifest", {})
    assert found["errors"] == [] and found["url"].endswith("/web/app.webmanifest")
    manifest = json.loads(found["data"])
    for icon in manifest["icons"]:
        answer = library.berth.request(icon["src"])
        assert answer.status == 200 and answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            side = int.from_bytes(answer.body[16:20], "big")
            assert icon["sizes"] == f"{side}x{side}"
    assert phone.driver.execute_cdp_cmd("Page.getInstallabilityErrors", {})["installabilityErrors"] == []
    phone.driver.set_network_conditions(offline=True, latency=0, throughput=0)
    wait_for(lambda: "offline" in phone.text("#notice"), what="the notice")
    phone.driver.set_network_conditions(offline=False, latency=0, throughput=-1)
    wait_for(lambda: not phone.find("#notice").is_displayed(), what="the end of the notice")


def test_all_of_it_by_keyboard_alone_and_with_names(library: Library, page: Page) -> None:
    library.fill([("First", [("hello", "yes")]), ("Second", [("bye", "no")])])
    library.enter(page)
    page.driver.execute_script("document.getElementById('search').focus()")
    page.press(*"bye")
    wait_for(lambda: page.all("#found a"), what="results")
    page.press(Keys.TAB, Keys.ENTER)
    wait_for(lambda: page.text(".sought .asked") == "bye", what="the found message")
    page.driver.execute_script("document.getElementById('more').focus()")
    page.press(Keys.ENTER)
    page.get("#actions")
    shoot(page, "library-menu.png")
    assert [c for c in names_of_controls(page) if not c[1]] == []
    page.press(Keys.ESCAPE)
    wait_for(lambda: not page.find("#actions").is_displayed(), what="the closed menu")
    assert page.focused() == "more"
    page.press(Keys.ENTER, Keys.TAB, Keys.TAB, Keys.ENTER)
    page.driver.execute_script("document.getElementById('search').value = '';"
                               "document.getElementById('search').dispatchEvent(new Event('input'))")
    wait_for(lambda: page.all("#list h2")[0].text == "Pinned", what="the pin")


def test_everything_fits_a_page_of_320_pixels(library: Library, narrow: Page) -> None:
    library.fill([("北京之行" * 12, [("天气如何？" * 30, "北京今天下雪，很冷。" * 30)]),
                  ("عربي طويل " * 8, [("ما هي عاصمة مصر؟ " * 9, "القاهرة هي عاصمة مصر. " * 9)])])
    library.enter(narrow)
    assert not wide(narrow)
    shoot(narrow, "library-320.png")
    narrow.get("#more").click()
    menu = narrow.get("#actions").rect
    assert menu["x"] >= 0 and menu["x"] + menu["width"] <= 320
    shoot(narrow, "library-320-menu.png")
    narrow.get("#share").click()
    narrow.get("#share-new button").click()
    narrow.get("#share-list input")
    assert not wide(narrow)
    shoot(narrow, "library-320-share.png")
    narrow.get("#share-close").click()
    narrow.get("#open").click()
    narrow.get("#search").send_keys("雪")
    wait_for(lambda: narrow.all("#found mark"), what="results")
    assert not wide(narrow)
    shoot(narrow, "library-320-search.png")
    narrow.get("#found a").click()
    wait_for(lambda: not narrow.find("#search").is_displayed(), what="the closed drawer")


def test_a_running_answer_is_not_stopped_by_the_menus_escape(
    berth: Berth, tenant: Tenant, page: Page
) -> None:
    page.enter(berth, tenant)
    page.send(LONG)
    page.growing()
    page.get("#more").click()
    page.press(Keys.ESCAPE)
    assert page.last_state() in ("accepted", "running")
    page.press(Keys.ESCAPE)
    assert page.answered() == "stopped"
