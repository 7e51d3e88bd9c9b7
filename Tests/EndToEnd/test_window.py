"""Conversations that are longer than the model's context: the page, the terminal, long messages."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from support.berth import Berth, binary
from support.browser import Page, chromium, wait_for


class Provider:
    """A provider that keeps the messages of each request and answers with a number."""

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self.send_error(404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.asked.append(json.loads(body)["messages"])
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                text = f"Answer {len(provider.asked)}."
                for choice in (
                    {"index": 0, "delta": {"content": text}},
                    {"index": 0, "delta": {}, "finish_reason": "stop"},
                ):
                    self.wfile.write(f"data: {json.dumps({'choices': [choice]})}\n\n".encode())
                self.wfile.write(b"data: [DONE]\n\n")

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def settings(self, context: int) -> dict[str, Any]:
        url = f"http://127.0.0.1:{self.server.server_port}/v1"
        model = {"provider": "p", "model": "m", "context": context, "output": 1000}
        return {
            "providers": [{"name": "p", "kind": "openai", "api_key": "sk-x", "base_url": url}],
            "models": {"chat": [model | {"price": {"input": 0, "output": 0}}]},
            "quotas": {"requests_per_day": 10_000, "tokens_per_day": 1_000_000_000},
        }


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.server.shutdown()


class Client:
    """A logged-in browser without a page."""

    def __init__(self, berth: Berth, name: str = "ann") -> None:
        self.berth = berth
        self.tenant = berth.add_tenant(name)
        cookie = berth.log_in(berth.new_link(name))
        self.headers = {
            "Cookie": cookie,
            "Origin": berth.url,
            "Content_Type": "application/json",
            "Accept_Language": "en",
        }
        self.session = self.call("/web/sessions", {}).json()["id"]

    def call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return self.berth.request(path, data, "GET" if data is None else "POST", **self.headers)

    def say(self, text: str) -> Any:
        return self.call(f"/web/sessions/{self.session}/turns", {"text": text})

    def turns(self) -> list[dict[str, Any]]:
        return self.call(f"/web/sessions/{self.session}/turns").json()["turns"]


def event(answer: Any, name: str) -> dict[str, Any]:
    """The first event of an answer with this name."""
    lines = answer.body.decode().split(f"event: {name}\n")[1].split("\n")
    return json.loads(lines[0].removeprefix("data: "))


def test_200_messages_of_a_small_context(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    client = Client(own_berth(**provider.settings(4000)))
    notices = []
    for number in range(200):
        answer = client.say(f"{number} " + "x" * 90)
        assert event(answer, "done")["state"] == "done"
        notices.append(event(answer, "turn").get("notice"))
    sent = provider.asked[-1]
    # 3,000 tokens of three bytes, and about 230 bytes for each exchange.
    assert 50 < len(sent) < 100
    turns = client.turns()
    left_out = turns[-1]["left_out"]
    names = {turn["id"]: turn["text"] for turn in turns}
    after = int(sent[0]["content"].split()[0])
    assert names[left_out["turn"]].startswith(f"{after - 1} ")
    assert "from here on" in left_out["text"]
    assert len([words for words in notices if words]) == 1

    large = Client(own_berth(**provider.settings(400_000)))
    for number in range(200):
        large.say(f"{number} " + "x" * 490)
    assert len(provider.asked[-1]) == 399
    assert "left_out" not in large.turns()[-1]


def test_the_page_draws_a_line_above_what_the_model_sees(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    client = Client(own_berth(**provider.settings(1500)))
    with chromium() as driver:
        page = Page(driver)
        page.enter(client.berth, client.tenant)
        for number in range(6):
            page.send(f"{number} " + "x" * 300)
            assert page.answered() == "done"
            wait_for(
                lambda: "busy" not in driver.execute_script("return document.body.className"),
                what="the end of the turn",
            )

        def below() -> str:
            """The question below the line."""
            return driver.execute_script(
                "return document.querySelector('#memory + .turn .asked')?.textContent ?? ''"
            )

        first = provider.asked[-1][0]["content"]
        assert first.startswith(("3 ", "4 "))
        assert below() == first
        assert "from here on" in page.text("#memory")
        driver.refresh()
        wait_for(lambda: below() == first, what="the line after a reload")
        assert len(page.all("#memory")) == 1
        assert not page.complaints()


def test_the_terminal_says_once_that_the_conversation_is_too_long(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    berth = own_berth(**provider.settings(1500))
    tenant = berth.add_tenant("ann")
    words = [binary(), "chat", "--tenant", tenant.name, "--config", str(berth.config)]
    lines = "".join(f"{number} {'x' * 300}\n" for number in range(6))
    done = subprocess.run(words, input=lines, capture_output=True, text=True, timeout=120)
    assert done.stderr.count("longer than the model's memory") == 1, done.stderr


def test_long_messages(own_berth: Callable[..., Berth], provider: Provider) -> None:
    client = Client(own_berth(**provider.settings(900_000)))
    long = "word " * 40_000 + "end"
    assert event(client.say(long), "done")["state"] == "done"
    assert provider.asked[-1][-1]["content"] == long
    longer = "слово " * 27_000 + "end"
    begun = client.say(longer)
    assert event(begun, "done")["state"] == "done"
    assert provider.asked[-1][-1]["content"] == longer
    turns = client.turns()
    assert turns[0]["text"] == long and "whole_text" not in turns[0]
    whole = turns[1]["whole_text"]
    assert event(begun, "turn")["whole_text"] == whole
    assert len(turns[1]["text"]) < 2048 and whole["bytes"] == len(longer.encode())
    file = client.call(whole["url"])
    assert file.body.decode() == longer
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    # Later prompts have it too, and it goes with its conversation.
    client.say("and now?")
    assert [m["content"] for m in provider.asked[-1]][2] == longer
    refused = client.say("word " * 500_000)
    assert refused.status == 400 and b"the limit is 2 MiB" in refused.body


def test_the_page_links_the_whole_text(
    own_berth: Callable[..., Berth], provider: Provider
) -> None:
    client = Client(own_berth(**provider.settings(900_000)))
    with chromium() as driver:
        page = Page(driver)
        page.enter(client.berth, client.tenant)
        page.get("#text")
        driver.execute_script(
            """
            const box = document.getElementById("text");
            box.value = "word ".repeat(60000) + "end";
            box.dispatchEvent(new Event("input"));"""
        )
        page.get("#text").send_keys("\n")
        assert page.answered() == "done"
        assert "293 KiB" in page.text(".whole a")
        driver.refresh()
        wait_for(lambda: page.all(".whole a"), what="the conversation")
        assert len(page.text(".asked")) < 2100
        assert not page.complaints()
