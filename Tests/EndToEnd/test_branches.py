"""Edited messages, other answers, cut answers and their branches on the chat page."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from support.berth import Berth, Tenant
from support.browser import Page, chromium, shoot, wait_for

STORY = "The harbour lay still in the early light, and the **first boats** went out:\n\n1. the red"
REST = " one,\n2. the blue one.\n\nNobody spoke."


class Provider:
    """A provider that answers with the number of its call, and cuts an answer to `story`."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []
        self.refused = False
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self.reply(200, {"object": "list", "data": []})

            def reply(self, status: int, value: Any) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                request = json.loads(self.rfile.read(length))
                provider.asked.append(request["messages"])
                if provider.refused:
                    return self.reply(400, {"error": {"message": "not today", "code": "no"}})
                text, end = provider.answer(request)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                usage = {"prompt_tokens": 90, "completion_tokens": 12, "total_tokens": 102}
                for chunk in (
                    {"choices": [{"index": 0, "delta": {"content": text}}]},
                    {"choices": [{"index": 0, "delta": {}, "finish_reason": end}]},
                    {"choices": [], "usage": usage},
                ):
                    self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                self.wfile.write(b"data: [DONE]\n\n")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request: dict[str, Any]) -> tuple[str, str]:
        words = request["messages"][-1]["content"]
        if words.startswith("Continue exactly"):
            return REST, "stop"
        if words == "story":
            return STORY, "length"
        if words == "forbidden":
            return "I begin", "content_filter"
        return f"Answer {len(self.asked)} of {request['model']} to: {words}", "stop"

    def settings(self) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server.server_port}/v1"
        return {
            "providers": [{"name": "p", "kind": "openai", "api_key": "sk-x", "base_url": url}],
            "models": {
                "chat": [
                    {"provider": "p", "model": m, "price": {"input": 10, "output": 100}}
                    for m in ("small", "large")
                ]
            },
        }


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.server.shutdown()


@pytest.fixture
def served(own_berth: Callable[..., Berth], provider: Provider) -> Berth:
    return own_berth(**provider.settings())


@pytest.fixture
def ann(served: Berth) -> Tenant:
    return served.add_tenant("ann")


def asked(page: Page) -> list[str]:
    return [e.text for e in page.all(".asked")]


def press(page: Page, name: str) -> None:
    """Presses the last button with these words or this label."""
    page.driver.execute_script(
        """
        const named = [...document.querySelectorAll("button, summary")].filter(
            (b) => (b.ariaLabel ?? b.textContent) === arguments[0]);
        named.at(-1).click();""",
        name,
    )


def label(page: Page) -> str:
    """The accessible name of the focused element."""
    return page.driver.execute_script(
        "const e = document.activeElement; return e.ariaLabel ?? e.textContent"
    )


def settled(page: Page) -> str:
    """Waits until the last turn has ended and its buttons can be pressed."""
    state = page.answered()
    busy = "return document.body.classList.contains('busy')"
    wait_for(lambda: not page.driver.execute_script(busy), what="the page to be free")
    return state


def test_a_message_is_edited_and_both_branches_are_kept(
    served: Berth, ann: Tenant, page: Page, provider: Provider
) -> None:
    page.enter(served, ann)
    for words in ("one", "two", "three"):
        page.send(words)
        assert settled(page) == "done"
    page.all(".mine button")[1].click()
    box = page.get(".edit textarea")
    assert box.get_attribute("value") == "two"
    assert label(page) == "Edit your message", "the box has the focus"
    box.send_keys(Keys.ESCAPE)
    wait_for(lambda: asked(page) == ["one", "two", "three"], what="the message as it was")
    page.all(".mine button")[1].click()
    page.get(".edit textarea").send_keys(Keys.CONTROL + "a")
    page.get(".edit textarea").send_keys("zwei\n")
    assert settled(page) == "done"
    assert asked(page) == ["one", "zwei"]
    assert "to: zwei" in page.last_answer()
    assert [m["content"] for m in provider.asked[-1]][0::2] == ["one", "zwei"]
    assert page.text(".branch span") == "2 / 2"

    page.driver.refresh()
    wait_for(lambda: asked(page) == ["one", "zwei"], what="the chosen branch after a reload")
    press(page, "Previous version")
    wait_for(lambda: asked(page) == ["one", "two", "three"], what="the first branch")
    assert page.text(".branch span") == "1 / 2"
    page.send("four")
    assert settled(page) == "done"
    words = [m["content"] for m in provider.asked[-1] if m["role"] == "user"]
    assert words == ["one", "two", "three", "four"]
    press(page, "Next version")
    wait_for(lambda: asked(page) == ["one", "zwei"], what="the second branch")
    assert page.complaints() == []


def test_an_answer_is_made_anew_by_a_chosen_model_with_the_keyboard_alone(
    served: Berth, ann: Tenant, page: Page
) -> None:
    page.enter(served, ann)
    page.send("hello")
    assert settled(page) == "done"
    page.driver.execute_script("document.getElementById('log').focus()")
    names = []
    while "Regenerate" not in names:
        page.press(Keys.TAB)
        names.append(label(page))
        assert len(names) < 20, names
    assert "Edit" in names and "" not in names
    page.press(Keys.TAB)
    assert label(page) == "Other model"
    page.press(Keys.ENTER)
    page.press(Keys.TAB, Keys.TAB, Keys.TAB)
    assert label(page) == "p/large"
    page.press(Keys.ESCAPE)
    assert label(page) == "Other model", "Escape closes the list of models"
    page.press(Keys.ENTER, Keys.TAB, Keys.TAB, Keys.TAB, Keys.ENTER)
    wait_for(lambda: "large" in page.last_answer(), what="the answer of the other model")
    assert settled(page) == "done"
    assert "p/large" in page.text(".meta .facts")
    assert len(page.all(".turn")) == 1

    page.driver.execute_script("document.getElementById('log').focus()")
    while label(page) != "Previous version":
        page.press(Keys.TAB)
    page.press(Keys.ENTER)
    wait_for(lambda: "small" in page.last_answer(), what="the first answer")
    wait_for(lambda: label(page) == "Next version", what="the focus on the other arrow")
    page.press(Keys.ENTER)
    wait_for(lambda: "large" in page.last_answer(), what="the second answer")
    unnamed = page.driver.execute_script(
        """return [...document.querySelectorAll("#turns :is(button, textarea, summary, [role])")]
            .filter((e) => !(e.ariaLabel ?? e.textContent).trim()).length"""
    )
    assert unnamed == 0
    assert page.complaints() == []


def test_a_cut_answer_continues_in_place_and_shows_its_cost_at_once(
    served: Berth, ann: Tenant, page: Page
) -> None:
    page.enter(served, ann)
    page.send("story")
    assert settled(page) == "done"
    assert "cut at the model's limit" in page.text(".note")
    facts = page.text(".meta .facts")
    assert "p/small" in facts and "12 tokens" in facts and "$0.0021" in facts, facts
    press(page, "Continue")
    wait_for(lambda: "Nobody spoke" in page.last_answer(), what="the rest of the answer")
    assert settled(page) == "done"

    def check() -> bool:
        assert len(page.all(".turn")) == 1
        assert len(page.all(".md ol > li")) == 2, "the list goes on over the cut"
        assert page.text(".note") == ""
        facts = page.text(".meta .facts")
        return "24 tokens" in facts and "$0.0042" in facts

    assert check()
    shoot(page, "continued.png")
    assert not [b for b in page.all(".continue") if b.is_displayed()]
    page.driver.refresh()
    wait_for(lambda: page.all(".turn"), what="the history")
    wait_for(check, what="the same after a reload")
    assert "Continue exactly" not in page.text("#turns")


def test_a_withheld_answer_is_said_to_be_withheld(served: Berth, ann: Tenant, page: Page) -> None:
    page.enter(served, ann)
    page.send("forbidden")
    assert settled(page) == "done"
    assert "content filter" in page.text(".note")


def test_a_cached_answer_is_marked_and_given_once(
    served: Berth, ann: Tenant, page: Page, provider: Provider
) -> None:
    bob = served.add_tenant("bob")
    page.enter(served, ann)
    page.send("a joke")
    assert settled(page) == "done"
    first = page.last_answer()
    assert page.text(".cached") == ""
    page.driver.delete_all_cookies()
    page.enter(served, bob)
    page.send("a joke")
    assert settled(page) == "done"
    assert page.last_answer() == first
    assert page.text(".cached") == "From the cache"
    page.get("#new").click()
    page.get("#hello")
    page.send("a joke")
    assert settled(page) == "done"
    assert page.last_answer() != first and page.text(".cached") == ""
    press(page, "Regenerate")
    wait_for(lambda: len(provider.asked) == 3, what="a call for the other answer")


def test_a_refused_edit_keeps_the_branch_and_the_words(
    served: Berth, ann: Tenant, page: Page
) -> None:
    page.enter(served, ann)
    for words in ("one", "two"):
        page.send(words)
        assert settled(page) == "done"
    page.all(".mine button")[0].click()
    page.get(".edit textarea").send_keys(" more")
    served.admin("tenant", "suspend", ann.name)
    page.get(".edit textarea").send_keys("\n")
    wait_for(lambda: "suspended" in page.text("#notice"), what="the reason")
    assert page.get(".edit textarea").get_attribute("value") == "one more"
    assert len(page.all(".turn")) == 2
    page.driver.refresh()
    wait_for(lambda: "suspended" in page.text("#notice"), what="the reason after a reload")


def test_two_windows_stay_in_step(served: Berth, ann: Tenant, page: Page) -> None:
    page.enter(served, ann)
    page.send("one")
    assert settled(page) == "done"
    first = page.driver.current_window_handle
    address = page.driver.current_url
    page.driver.switch_to.new_window("tab")
    page.driver.get(address)
    wait_for(lambda: asked(page) == ["one"], what="the conversation in the second window")
    page.send("two")
    assert settled(page) == "done"
    press(page, "Regenerate")
    wait_for(lambda: page.text(".branch span") == "2 / 2", what="the second version")
    assert settled(page) == "done"
    shown = page.last_answer()
    page.driver.switch_to.window(first)
    wait_for(lambda: asked(page) == ["one", "two"], what="the message in the first window")
    wait_for(lambda: page.last_answer() == shown, what="the same version in the first window")
    press(page, "Previous version")
    wait_for(lambda: page.last_answer() != shown, what="the other version")
    other = page.last_answer()
    second = next(h for h in page.driver.window_handles if h != first)
    page.driver.switch_to.window(second)
    wait_for(lambda: page.last_answer() == other, what="the other version in the second window")
    page.get("#more").click()
    page.get("#delete").click()
    page.get("#ask-yes").click()
    page.driver.switch_to.window(first)
    wait_for(lambda: "deleted in another window" in page.text("#notice"), what="the reason")
    assert page.get("#hello").is_displayed()


@pytest.mark.parametrize("width", [1280, 320])
def test_how_it_looks(served: Berth, ann: Tenant, width: int) -> None:
    driver = chromium(width=width, height=860, phone=width < 400)
    page = Page(driver)
    try:
        page.colors("dark")
        page.enter(served, ann)
        page.send("What is a berth?") if width > 400 else page.get("#text").send_keys("A berth?")
        if width < 400:
            page.get("#send").click()
        assert settled(page) == "done"
        press(page, "Regenerate")
        wait_for(lambda: page.text(".branch span") == "2 / 2", what="the second version")
        assert settled(page) == "done"
        press(page, "Other model")
        name = "phone" if width < 400 else "desktop"
        shoot(page, f"branches-{name}.png")
        wide = "return document.documentElement.scrollWidth <= innerWidth"
        assert page.driver.execute_script(wide)
        press(page, "Edit")
        page.get(".edit textarea")
        shoot(page, f"edit-{name}.png")
        assert page.driver.execute_script(wide)
    finally:
        driver.quit()
