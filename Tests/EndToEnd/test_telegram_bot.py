"""A bot of a running service: the first answer, its calls under aiogram's models, and kills under load."""

import itertools
import json
import os
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiogram import methods
from support.browser import wait_for
from support.berth import Berth, FakeTelegram
from support.queue import OwnBerth, OwnFake, Say

TOKEN = "42:hunter2"

#: aiogram's models by the names of their methods in small letters.
MODELS = {
    model.__api_method__.lower(): model
    for model in vars(methods).values()
    if isinstance(getattr(model, "__api_method__", None), str)
}


@pytest.fixture
def telegram(tmp_path: Path) -> Iterator[FakeTelegram]:
    fake = FakeTelegram(tmp_path).start()
    yield fake
    fake.process.end()


def bot(telegram: FakeTelegram, **keys: Any) -> dict[str, Any]:
    return {"token": TOKEN, "api_base": telegram.url, "name": "b", **keys}


def texts(telegram: FakeTelegram, chat: int) -> list[str]:
    return [
        sent["text"]
        for sent in telegram.told("42/sent")
        if sent["chat"] == chat and sent["method"] == "sendmessage"
    ]


def let_in(berth: Berth, telegram: FakeTelegram, chat: int, name: str | None = None) -> None:
    """Invites a person of Telegram, who opens the link."""
    wait_for(lambda: "telegram: the bot is ready" in log(berth), what="the bot")
    made = berth.admin("tenant", "invite", *([name] if name else []), "--json")
    code = re.fullmatch(r"https://t\.me/fake42_bot\?start=([\w-]+)", made["links"][0])[1]
    telegram.bring("42/message", chat=chat, text=f"/start {code}", name=f"p{chat}")
    wait_for(lambda: texts(telegram, chat), what="a welcome")


def test_from_an_invitation_to_the_first_answer(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram
) -> None:
    berth = own_berth(telegram=bot(telegram), **own_fake().settings("echo"))
    let_in(berth, telegram, 5)
    telegram.bring("42/message", chat=5, text="**hello** `there`")
    wait_for(lambda: len(texts(telegram, 5)) == 2, what="an answer")
    assert "hello there" in texts(telegram, 5)[1]
    tenants = [tenant["tenant"] for tenant in berth.admin("tenant", "list", "--json")["tenants"]]
    assert tenants == ["p5"]
    telegram.bring("42/message", chat=6, text="let me in")
    wait_for(lambda: texts(telegram, 6), what="a word")
    assert "for invited people" in texts(telegram, 6)[0]
    assert telegram.told("42/state")["faults"] == []
    assert "hunter2" not in log(berth) and "not act on some settings" not in log(berth)


def test_every_call_is_one_of_aiograms_models(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram
) -> None:
    fake = own_fake("--delay-ms", "1500", "--tokens", "200", "--token-ms", "20")
    berth = own_berth(telegram=bot(telegram), **fake.settings("plain"))
    let_in(berth, telegram, 5)
    telegram.bring("42/message", chat=5, text="a long answer")
    wait_for(lambda: len(texts(telegram, 5)) == 2, what="an answer")
    telegram.bring("42/press", chat=5, message=3, data="x:1", **{"from": 5})
    wait_for(lambda: telegram.told("42/state")["counts"].get("answercallbackquery"), what="a press")
    kinds = set()
    for sent in telegram.told("42/sent"):
        kinds.add(sent["method"])
        arguments = {name: read(value) for name, value in sent["arguments"].items()}
        if "text" in MODELS[sent["method"]].model_fields:
            arguments["text"] = sent["text"]
        model = MODELS[sent["method"]].model_validate(arguments)
        assert not model.model_extra, sent
    assert {"sendmessage", "sendchataction", "sendmessagedraft", "answercallbackquery"} <= kinds
    assert telegram.told("42/state")["faults"] == []


def read(value: str) -> Any:
    """A value of a call, which is JSON except for texts."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def test_a_stop_tells_telegram_what_is_stored_and_doctor_what_came(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram
) -> None:
    berth = own_berth(telegram=bot(telegram), **own_fake().settings("echo"))
    let_in(berth, telegram, 5)
    rows = berth.admin("doctor").splitlines()
    assert any("the last one came" in row for row in rows), rows
    telegram.bring("fault", kind="409", method="getUpdates", count=50)
    telegram.bring("42/message", chat=5, text="/usage")
    wait_for(lambda: "degraded" in berth.request("/readyz").body.decode(), what="a word")
    assert berth.request("/readyz").status == 200 == berth.request("/healthz").status
    done = berth.admin("doctor", check=False)
    assert done.returncode == 1 and "another program receives" in done.stdout
    before = telegram.told("42/state")["counts"]["getupdates"]
    assert berth.stop() == 0
    assert telegram.told("42/state")["counts"]["getupdates"] > before


@pytest.mark.timeout(600)
def test_kills_during_sending_lose_nothing_and_double_only_what_is_counted(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram, say: Say
) -> None:
    seed = int(os.environ.get("BERTH_SEED", random.randrange(2**32)))
    rounds = int(os.environ.get("BERTH_ROUNDS", "6"))
    say(f"BERTH_SEED={seed} BERTH_ROUNDS={rounds}")
    dice = random.Random(seed)
    fake = own_fake("--delay-ms", "20", "--tokens", "3", "--token-ms", "2")
    settings = fake.settings("echo", concurrency=32)
    settings["models"]["chat"][0] |= {"price": {"input": 0, "output": 0}, "output": 1000}
    berth = own_berth(
        telegram=bot(telegram, stream="off"),
        quotas={"requests_per_day": 100000, "tokens_per_day": 10000000},
        access="open",
        **settings,
    )
    asked: list[tuple[int, str]] = []
    numbers = itertools.count(1)
    for _ in range(rounds):
        for chat in range(1, 9):
            for _ in range(2):
                text = f"question {next(numbers)} end"
                telegram.bring("42/message", chat=chat, text=text, name=f"p{chat}")
                asked.append((chat, text))
        time.sleep(dice.uniform(0.1, 0.9))  # waits for no event: the random moment is the experiment
        berth.kill()
        berth.start()
    # Telegram takes a message a second in each chat.
    wait_for(lambda: open_work(berth) == 0, 300, what="the last answers")
    said = {chat: texts(telegram, chat) for chat in range(1, 9)}
    queue = berth.admin("queue", "--json")
    counts = Counter({text: sum(text in one for one in said[chat]) for chat, text in asked})
    states = dict(turns(berth))
    lost = [text for _, text in asked if not counts[text] and states.get(text) != "uncertain"]
    doubled = sum(count - 1 for count in counts.values() if count > 1)
    say(f"{len(asked)} messages, doubled {doubled}, counted {queue['sent_again']}, {Counter(states.values())}")
    assert lost == []
    assert len(states) == len(set(states)) == len(asked), "each message is one turn"
    assert doubled <= queue["sent_again"]
    assert queue["failed"] == 0
    assert berth.admin("doctor", check=False).returncode == 0


@pytest.mark.timeout(600)
def test_a_hundred_thousand_updates_that_wait_at_the_start_are_read_in_order(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram, say: Say
) -> None:
    count = int(os.environ.get("BERTH_UPDATES", "100000"))
    every, chats = count // 200, 20
    telegram.bring("42/many", count=count, chats=chats, text="question", every=every)
    fake = own_fake("--delay-ms", "2", "--tokens", "3", "--token-ms", "1")
    limits = {"chat_per_minute": 6000, "per_second": 1000}
    berth = own_berth(
        telegram=bot(telegram, stream="off", limits=limits),
        quotas={"requests_per_day": 100000, "tokens_per_day": 10000000},
        access="open",
        **fake.settings("echo", concurrency=32),
    )
    began, before = time.monotonic(), peak(berth)
    wait_for(lambda: told(telegram, chats) > 20, 120, what="the first answers")
    # The rest is read by the next process.
    berth.kill()
    waiting = telegram.told("42/state")["waiting"]
    berth.start()
    wait_for(lambda: told(telegram, chats) >= 200 and open_work(berth) == 0, 300, what="the answers")
    for chat in range(1, chats + 1):
        numbers = [int(re.search(r"question (\d+)", text)[1]) for text in texts(telegram, chat)]
        # A kill may leave a call unknown, whose message may come twice.
        assert sorted(set(numbers)) == list(range(chat - 1, 200, chats))
        assert [n for i, n in enumerate(numbers) if n not in numbers[:i]] == sorted(set(numbers))
    grown = (peak(berth) - before) / 2**20
    say(f"{count} updates, {waiting} at the kill, {time.monotonic() - began:.0f} s, +{grown:.1f} MiB")
    assert telegram.told("42/state")["waiting"] == 0
    assert grown < 16


def told(telegram: FakeTelegram, chats: int) -> int:
    """The answers in the chats 1 to `chats`."""
    sent = telegram.told("42/sent")
    return sum(one["method"] == "sendmessage" and 1 <= one["chat"] <= chats for one in sent)


def peak(berth: Berth) -> int:
    """The most bytes that the service has held."""
    status = Path(f"/proc/{berth.process.child.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def log(berth: Berth) -> str:
    return berth.process.log.read_text(errors="replace")


def turns(berth: Berth) -> list[tuple[str, str]]:
    with sqlite3.connect(f"file:{berth.data}/berth.db?mode=ro", uri=True) as database:
        return database.execute("SELECT text, state FROM turn").fetchall()


def open_work(berth: Berth) -> int:
    """The updates, turns and parts that are not finished."""
    with sqlite3.connect(f"file:{berth.data}/berth.db?mode=ro", uri=True) as database:
        return sum(
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in (
                "channel_update WHERE finished_ms IS NULL",
                "turn WHERE state IN ('accepted', 'running')",
                "outbox WHERE state = 'waiting'",
            )
        )
