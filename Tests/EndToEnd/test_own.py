"""Titles and summaries by a model, a person's instructions and prompts: the page, the kill, the terminal."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys
from support.berth import Berth, binary
from support.browser import Page, chromium, shoot, wait_for


class Provider:
    """A provider that answers, titles and summarizes, and keeps the messages of each request."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []
        self.titles: list[str] = []
        self.summaries: list[str] = []
        #: Titles wait until this is set.
        self.may_title = threading.Event()
        self.may_title.set()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self.send_error(404)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                messages = body["messages"]
                if body.get("stream"):
                    provider.asked.append(messages)
                    return self.stream(f"Answer {len(provider.asked)}.")
                if messages[0]["content"].startswith("Write a title"):
                    provider.titles.append(messages[1]["content"])
                    provider.may_title.wait(60)
                    return self.whole("**Plans for the harbour**")
                provider.summaries.append(messages[1]["content"])
                return self.whole("They talked about ships.")

            def stream(self, text: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for choice in (
                    {"index": 0, "delta": {"content": text}},
                    {"index": 0, "delta": {}, "finish_reason": "stop"},
                ):
                    self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                self.wfile.write(b"data: [DONE]\n\n")

            def whole(self, text: str) -> None:
                message = {"role": "assistant", "content": text}
                choice = {"index": 0, "message": message, "finish_reason": "stop"}
                usage = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
                data = json.dumps({"choices": [choice], "usage": usage}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self, context: int = 100_000, **chat: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server.server_port}/v1"
        model = {"provider": "p", "model": "m", "context": context, "output": 1000}
        return {
            "providers": [{"name": "p", "kind": "openai", "api_key": "sk-x", "base_url": url}],
            "models": {"chat": [model | {"price": {"input": 0, "output": 0}}]},
            "quotas": {"requests_per_day": 10_000, "tokens_per_day": 1_000_000_000},
            "chat": {"titles": "none", "summaries": "none"} | chat,
        }


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.may_title.set()
    provider.server.shutdown()


def idle(page: Page) -> None:
    wait_for(
        lambda: "busy" not in page.driver.execute_script("return document.body.className"),
        what="the end of the turn",
    )


def say(page: Page, text: str) -> None:
    page.send(text)
    assert page.answered() == "done"
    idle(page)


def test_a_new_conversation_gets_a_title(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    berth = own_berth(**provider.settings(titles="m"))
    with chromium() as driver:
        page = Page(driver)
        page.enter(berth, berth.add_tenant("ann"))
        say(page, "How deep must a harbour be?")
        wait_for(lambda: page.text("#title") == "Plans for the harbour", what="the title")
        assert "Plans for the harbour" in page.text("#list")
        assert provider.titles == [
            "Person:\nHow deep must a harbour be?\n\nAssistant:\nAnswer 1."
        ]
        shoot(page, "title.png")
        assert not page.complaints()


def test_a_kill_during_a_title_neither_loses_it_nor_buys_it_twice(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    provider.may_title.clear()
    berth = own_berth(**provider.settings(titles="m"))
    tenant = berth.add_tenant("ann")
    with chromium() as driver:
        page = Page(driver)
        page.enter(berth, tenant)
        say(page, "How deep must a harbour be?")
        wait_for(lambda: provider.titles, what="the request for a title")
        berth.kill()
        provider.may_title.set()
        berth.start()
        driver.refresh()
        page.get(".turn")
        assert len(provider.titles) == 1
        # The call held less than ask_again_below, so the house bears it.
        say(page, "And how wide?")
        wait_for(lambda: page.text("#title") == "Plans for the harbour", what="the title")
        assert len(provider.titles) == 2
        say(page, "And how long?")
        say(page, "And how old?")
        assert len(provider.titles) == 2


def test_a_summary_takes_the_place_of_what_is_left_out(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    berth = own_berth(**provider.settings(2500, summaries="p/m"))
    with chromium() as driver:
        page = Page(driver)
        page.enter(berth, berth.add_tenant("ann"))
        number = 0
        while not provider.summaries:
            say(page, f"{number} " + "x" * 500)
            number += 1
            assert number < 40
        for more in range(number, number + 5):
            say(page, f"{more} " + "x" * 500)
        assert provider.summaries[0].startswith("Person:\n0 xxx")
        system = provider.asked[-1][0]
        assert system["role"] == "system"
        assert system["content"].endswith("They talked about ships.")
        wait_for(lambda: "a summary of what is above" in page.text("#memory"), what="the line")
        driver.execute_script("document.getElementById('memory').scrollIntoView()")
        shoot(page, "summary.png")
        driver.refresh()
        wait_for(lambda: page.all("#memory"), what="the line after a reload")
        assert "a summary of what is above" in page.text("#memory")
        assert not page.complaints()


def unnamed(page: Page) -> list[str]:
    return page.driver.execute_script("""
        return [...document.querySelectorAll('#own-dialog :is(button, input, textarea)')]
            .filter((e) => e.checkVisibility() && !(e.labels?.length
                || e.getAttribute('aria-label') || e.textContent.trim()))
            .map((e) => e.outerHTML)""")


def open_own(page: Page) -> None:
    page.get("#more").click()
    page.get("#own-texts").click()
    page.get("#own-dialog")
    wait_for(lambda: page.focused().startswith("own-"), what="the panel to have the focus")


@pytest.mark.parametrize("width", [1280, 320])
def test_instructions_and_prompts(
    own_berth: Callable[..., Berth], provider: Provider, width: int
) -> None:
    berth = own_berth(**provider.settings(titles="m"))
    with chromium(width, 860) as driver:
        page = Page(driver)
        page.enter(berth, berth.add_tenant("ann"))
        say(page, "Hello")
        open_own(page)
        page.get("#own-all").send_keys("Answer in verse.")
        page.get("#own-here").send_keys("Be brief.")
        page.get("#own-dialog form .save").click()
        wait_for(lambda: "saved" in page.text("#own-said"), what="the confirmation")
        page.get("#own-name").send_keys("help")
        page.get("#own-text").send_keys("Say hello to my aunt.")
        page.press(Keys.TAB, Keys.ENTER)
        wait_for(lambda: "no name for a prompt" in page.text("#own-problem"), what="the refusal")
        page.get("#own-name").clear()
        page.get("#own-name").send_keys("greet")
        page.get("#own-text").click()
        page.press(Keys.TAB, Keys.ENTER)
        wait_for(lambda: "/greet" in page.text("#own-prompts"), what="the prompt")
        assert unnamed(page) == []
        assert page.get("#own-outlines").is_selected()
        shoot(page, f"own-{width}.png")
        page.get("#own-prompts button").click()
        assert page.focused() == "text"
        assert page.get("#text").get_attribute("value") == "Say hello to my aunt."
        page.get("#text").clear()
        say(page, "/greet and my uncle")
        assert provider.asked[-1][0] == {
            "role": "system",
            "content": "Instructions of the person who writes:\nAnswer in verse.\n\n"
            "Instructions of that person for this conversation:\nBe brief.",
        }
        assert provider.asked[-1][-1]["content"] == "Say hello to my aunt.\n\nand my uncle"
        # The panel by keyboard alone, and its switch.
        open_own(page)
        wait_for(lambda: page.get("#own-all").get_attribute("value"), what="the instructions")
        page.get("#own-outlines").click()
        page.get("#own-all").click()
        page.press(Keys.ESCAPE)
        wait_for(lambda: not driver.find_element("id", "own-dialog").is_displayed(), what="the end")
        page.colors("dark")
        open_own(page)
        assert not page.get("#own-outlines").is_selected()
        overflow = "return document.documentElement.scrollWidth > innerWidth"
        assert not driver.execute_script(overflow)
        shoot(page, f"own-dark-{width}.png")
        # The refused name is the only complaint.
        assert all("/web/prompts/help" in words for words in page.complaints())


def test_instructions_in_the_terminal(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    berth = own_berth(**provider.settings())
    tenant = berth.add_tenant("ann")
    words = [binary(), "chat", "--tenant", tenant.name, "--config", str(berth.config)]
    lines = "/instructions Answer in verse.\nhello\n/instructions\n/prompts\n"
    done = subprocess.run(words, input=lines, capture_output=True, text=True, timeout=120)
    assert provider.asked[-1][0]["content"].endswith("Answer in verse.")
    assert "For every conversation" in done.stdout and "You have no prompts" in done.stdout
