"""The sides of Telegram: mutated updates at the webhook, and mutated Markdown in answers."""

import asyncio
import contextlib
import itertools
import json
import pathlib
import random
import re
from typing import Any

from clients import HTTPPeer, Input
from mutations import mutated
from run import Run
from service import Fault
from sides import STREAM_HEAD, calm, end_of_stream, event, http, settings

TOKEN, SECRET = "42:fuzz", "hook-secret"

#: The kinds of formats that Telegram knows.
FORMATS = {
    "bold", "italic", "underline", "strikethrough", "spoiler", "code", "pre", "text_link", "blockquote",
    "expandable_blockquote", "mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number",
    "text_mention", "custom_emoji",
}

#: A text of one character, which Swift compares in a time that grows with the square of its length.
SLOW = "e" + "\u0301\u0316" * 2000

#: Pieces of Markdown that are easily read wrongly.
MARKDOWN = """# Head **bold** _it_

A *b **c** d* `code` ~~gone~~ ||hidden|| [link](https://a.example/b_c) <b>x</b> \\*no\\* https://b.example/_x_

- one
  1. two
     > quote `x`

| a | **b** |
|---|:-:|
| 1 \\| 2 | `c` |

```python
print("# no head")
```

$$x^2$$ and $y$ 👩‍👩‍👧 e\u0301 слово 单词

***
"""


class BotAPI:
    """A server of the Bot API. It answers every call, checks those that send a text, and keeps the
    chats that were written to."""

    def __init__(self) -> None:
        self.told: dict[int, asyncio.Event] = {}
        self.ids, self.faults = itertools.count(1), []

    async def start(self) -> "BotAPI":
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                method = head.split(b" ", 2)[1].rsplit(b"/", 1)[-1].decode()
                result = self.answer(method, body)
                data = json.dumps({"ok": True, "result": result}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(data) + data)
                await writer.drain()
        writer.close()

    def answer(self, method: str, body: bytes) -> Any:
        if method == "getMe":
            return {"id": 42, "is_bot": True, "first_name": "B", "username": "fuzz_bot",
                    "can_join_groups": True, "can_read_all_group_messages": True}
        if method == "getUpdates":
            return []
        if method == "getWebhookInfo":
            return {"url": "", "pending_update_count": 0}
        if method == "getFile":
            return {"file_id": "f", "file_unique_id": "u", "file_path": "documents/none.txt"}
        if not method.startswith(("send", "edit")):
            return True
        call = {}
        with contextlib.suppress(ValueError):
            call = json.loads(body)
        if method in ("sendMessage", "editMessageText"):
            self.check(method, call)
        chat = call.get("chat_id") or next(iter(re.findall(rb'name="chat_id"\r\n\r\n(-?\d+)', body)), 0)
        if method not in ("sendMessageDraft", "sendChatAction", "editMessageText"):
            self.event(int(chat)).set()
        return {"message_id": next(self.ids), "date": 1, "chat": {"id": int(chat), "type": "private"}}

    def event(self, chat: int) -> asyncio.Event:
        return self.told.setdefault(chat, asyncio.Event())

    def check(self, method: str, call: dict) -> None:
        """Notes a text that Telegram would refuse or show wrongly."""
        text, entities = call.get("text"), call.get("entities", [])
        units = text.encode("utf-16-le", "surrogatepass") if isinstance(text, str) else b""
        count = len(units) // 2

        def cuts(place: int) -> bool:
            """Whether a place is within a pair of units."""
            return 0 < place < count and 0xDC <= units[2 * place + 1] < 0xE0

        wrong = [e for e in entities if not (
            e.get("type") in FORMATS and e["offset"] >= 0 and e["length"] >= 1
            and e["offset"] + e["length"] <= count
            and not cuts(e["offset"]) and not cuts(e["offset"] + e["length"]))]
        if not units or not text.strip() or count > 4096 or len(entities) > 100 or wrong or "parse_mode" in call:
            self.faults.append(f"{method}: {count} units, {len(entities)} entities, {wrong[:3]}: {text!r:.300}")


class Telegram:
    """A service with a bot, and the people who write to it."""

    def __init__(self, run: Run) -> None:
        self.run, self.api, self.updates = run, BotAPI(), itertools.count(1000)

    async def start(self, upstream: HTTPPeer) -> None:
        await self.api.start()
        bot = {"token": TOKEN, "api_base": f"http://127.0.0.1:{self.api.port}", "mode": "webhook",
               "secret": SECRET, "stream": "off", "long_answers_as_file": False,
               "limits": {"chat_per_minute": 6000, "group_per_minute": 6000, "per_second": 1000}}
        await self.run.start("ann", **settings(
            upstream.port, telegram=bot, url="https://bot.example", access="open", limits={"tenants": 100}))

    async def post(self, number: int, body: bytes) -> None:
        """Delivers an update. Any answer is fine but a failure of the service."""
        head = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Type: application/json\r\n"
        status, answer = await self.run.ask(number, http("POST", "/telegram/42", "-", body, head))
        if status >= 500:
            raise Fault(f"{status} to {body[:300]!r}: {answer[:300]!r}")

    def message(self, chat: int, /, **members) -> bytes:
        """A message of a person in the private chat with the bot."""
        person = {"id": chat, "is_bot": False, "first_name": f"P{chat}", "language_code": "en"}
        return json.dumps({"update_id": next(self.updates), "message": {
            "message_id": next(self.updates), "date": 1_700_000_000, "from": person,
            "chat": {"id": chat, "type": "private"}} | members}).encode()

    async def ask(self, number: int, text: str, chat: int | None = None) -> None:
        """Asks a question, over one of the connections, and waits for its answer."""
        chat = chat or 1000 + number
        self.api.event(chat).clear()
        await self.post(number, self.message(chat, text=text))
        try:
            await asyncio.wait_for(self.api.event(chat).wait(), 60)
        except TimeoutError:
            raise Fault(f"no answer to {text[:300]!r}: {self.run.service.said()}") from None
        if self.api.faults:
            raise Fault(self.api.faults[0])


def corpus(random_: random.Random, number: int) -> dict:
    """The members of a message, of a kind at random."""
    file = {"file_id": "f", "file_unique_id": "u", "file_name": "a.txt", "mime_type": "text/plain", "file_size": 9,
            "duration": 3, "width": 9, "height": 9}
    command = [{"type": "bot_command", "offset": 0, "length": 5}]
    mention = [{"type": "mention", "offset": 0, "length": 9}]
    own = {"id": 42, "is_bot": True, "first_name": "B", "username": "fuzz_bot"}
    group = {"id": -1000 - number, "type": "supergroup", "title": "G"}
    return random_.choice([
        {"text": "hi 🙂"}, {"text": "/help", "entities": command}, {"text": "/new@fuzz_bot", "entities": command},
        {"text": "@fuzz_bot hi", "entities": mention, "chat": group},
        {"text": "why?", "chat": group, "reply_to_message": {"message_id": 1, "from": own, "text": "x", "date": 1}},
        {"photo": [file, file], "caption": "look", "media_group_id": f"g{random_.randrange(9)}"},
        {"document": file, "caption": "read"}, {"voice": file}, {"video_note": file}, {"sticker": file},
        {"text": "a", "quote": {"text": "q"}, "external_reply": {"origin": {"type": "hidden_user"}, "document": file}},
        {"text": "/delete all", "entities": command, "forward_origin": {"type": "user", "sender_user": own}},
        {"text": "a", "is_topic_message": True, "message_thread_id": 3}, {"migrate_to_chat_id": -2000 - number},
        {"new_chat_members": [own]}, {"unheard_of": {}}, {"text": SLOW}, {"text": "/model " + SLOW, "entities": command},
        {"text": "why?", "reply_to_message": {"message_id": 1, "from": own, "text": SLOW, "date": 1}},
    ])


def telegram(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated updates. None may stop the bot from answering a person afterwards."""
    run = Run(binary, folder, seed)

    async def load() -> None:
        upstream = await HTTPPeer(calm).start()
        bot = Telegram(run)
        await bot.start(upstream)

        async def one(number: int) -> None:
            chat, kind = 1000 + number, run.random.randrange(10)
            if kind == 0:
                body = json.dumps({"update_id": next(bot.updates), "callback_query": {
                    "id": "1", "from": {"id": chat, "is_bot": False, "first_name": "P"}, "chat_instance": "1",
                    "message": {"message_id": 1, "date": 0, "chat": {"id": chat, "type": "private"}},
                    "data": "s:1"}}).encode()
            elif kind == 1:
                body = json.dumps({"update_id": next(bot.updates), "my_chat_member": {
                    "chat": {"id": chat, "type": "private"}, "date": 1,
                    "from": {"id": chat, "is_bot": False, "first_name": "P"},
                    "old_chat_member": {"status": "member"}, "new_chat_member": {"status": "kicked"}}}).encode()
            else:
                body = bot.message(chat, **corpus(run.random, number))
            await bot.post(number, run.mutated(body))

        async def again(input_: Input) -> None:
            # An update with an id that came before is left out.
            id_ = b'"update_id": %d' % next(bot.updates)
            await bot.post(0, re.sub(rb'"update_id": *-?\d+', id_, input_.data))

        await run.load(seconds, one, again)
        # One of the people of the run, and another one.
        for chat in (1000, 9000):
            await bot.ask(0, "are you there?", chat)

    return run.finish(load())


def markdown(binary: str, folder: pathlib.Path, seed: int, seconds: float) -> str:
    """Mutated Markdown in a model's answers. Each becomes messages that Telegram takes."""
    run = Run(binary, folder, seed)
    texts: dict[str, str] = {}

    def answer(body: bytes) -> bytes:
        asked = json.loads(body)["messages"][-1]["content"]
        return stream_of(texts.get(asked, "well"))

    async def load() -> None:
        upstream = await HTTPPeer(answer).start()
        bot = Telegram(run)
        await bot.start(upstream)

        async def one(number: int) -> None:
            start = run.random.randrange(len(MARKDOWN))
            text = (MARKDOWN[start:] + MARKDOWN) * run.random.choice((1, 1, 1, 4, 12))
            await said(number, run.recorder.add(mutated(run.random, text.encode())))

        async def said(number: int, text: bytes) -> None:
            question = f"question {next(bot.updates)}"
            texts[question] = text.decode(errors="replace")
            await bot.ask(number, question)
            del texts[question]

        await run.load(seconds, one, lambda input_: said(0, input_.data))

    return run.finish(load())


def stream_of(text: str) -> bytes:
    """A streamed answer with a text, in pieces of some characters."""
    pieces = [text[at:at + 40] for at in range(0, len(text), 40)]
    return STREAM_HEAD + b"".join(event({"content": piece}) for piece in pieces) + end_of_stream()
