"""A bot of a running service: the first answer, its calls under aiogram's models, and kills under load."""

import itertools
import json
import os
import random
import re
import sqlite3
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiogram import methods
from prometheus_client.parser import text_string_to_metric_families
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
    settings = fake.settings("plain")
    picture = {"provider": "fake", "model": "plain", "price": {"image": 0}}
    settings["models"]["image"] = [picture]
    berth = own_berth(telegram=bot(telegram), **settings)
    let_in(berth, telegram, 5)
    telegram.bring("42/message", chat=5, text="a long answer")
    wait_for(lambda: len(texts(telegram, 5)) == 2, what="an answer")
    telegram.bring("42/press", chat=5, message=3, data="x:1", **{"from": 5})
    wait_for(lambda: sent(telegram, "answercallbackquery"), what="the answer of a press")
    # In a group the answer is shown by edits, if the cache does not have it.
    text, person = "@fake42_bot another long answer", {"id": 5, "is_bot": False, "first_name": "p5"}
    mention = {"type": "mention", "offset": 0, "length": 11}
    heard = {"message_id": 90, "date": int(time.time()), "text": text, "entities": [mention]}
    group = {"id": -7, "type": "supergroup", "title": "Group"}
    telegram.bring("42/update", message=heard | {"from": person, "chat": group})
    wait_for(lambda: sent(telegram, "editmessagetext"), 60, what="an edit")
    # Pictures, one and several, with their buttons.
    for text, method in (("/image a cat", "sendphoto"), ("/image --n 2 cats", "sendmediagroup")):
        telegram.bring("42/message", chat=5, text=text)
        wait_for(lambda method=method: sent(telegram, method), 60, what=method)
    shown = sent(telegram, "sendphoto")[0]
    buttons = sum(json.loads(shown["arguments"]["reply_markup"])["inline_keyboard"], [])
    for key, method in (("f", "senddocument"), ("d", "deletemessage")):
        data = next(b["callback_data"] for b in buttons if b["callback_data"].startswith(key))
        telegram.bring("42/press", chat=5, message=shown["message"], data=data, **{"from": 5})
        wait_for(lambda method=method: sent(telegram, method), 60, what=method)
    # A document that the bot loads.
    file = telegram.bring("42/file", name="a.txt", text="a word")["file_id"]
    document = {"file_id": file, "file_name": "a.txt", "mime_type": "text/plain", "file_size": 6}
    heard = {"message_id": 91, "date": int(time.time()), "caption": "read it", "document": document}
    chat = {"id": 5, "type": "private", "first_name": "p5"}
    telegram.bring("42/update", message=heard | {"from": person, "chat": chat})
    wait_for(lambda: counts(telegram).get("getfile"), what="a download")
    # Only the configuration changes the mode.
    for keys in ({"mode": "webhook", "secret": "s3cret"}, {}):
        assert berth.stop() == 0
        found = yaml.safe_load(berth.config.read_text())
        found["telegram"] = bot(telegram, **keys)
        berth.config.write_text(yaml.safe_dump(found))
        berth.start()
        method = "setwebhook" if keys else "deletewebhook"
        wait_for(lambda method=method: counts(telegram).get(method), what=method)
    forms = telegram.told("42/calls")
    for form, arguments in forms.items():
        model = MODELS[form.split()[0].lower()]
        assert model.__api_method__ == form.split()[0]
        files = {name[5:] for name in arguments if name.startswith("file:")}
        # An uploaded file is named by its field, or by an item of an album.
        given = {name: file for name, file in arguments.items() if not name.startswith("file:")}
        read_ones = {name: read(value, name, model) for name, value in given.items()}
        fields = read_ones | {name: "attach" for name in files if name in model.model_fields}
        made = model.model_validate(fields)
        assert not unknown(made), form
        assert files <= set(model.model_fields) | attached(read_ones), form
    kinds = {form.split()[0] for form in forms}
    assert kinds == methods_of_the_client(), "a method of the client has no call here"
    assert telegram.told("42/state")["faults"] == []


def methods_of_the_client() -> set[str]:
    """The methods that Berth's own client names."""
    folder = Path(__file__).parents[2] / "Sources/BerthChannels/Telegram/Client"
    text = "".join(file.read_text() for file in sorted(folder.glob("*.swift")))
    found = set(re.findall(r'\b(?:call|upload|unlessDone)\(\s*"(\w+)"', text))
    assert len(found) > 15
    return found


def unknown(model: Any) -> bool:
    """Whether a model or one within it has a field that aiogram does not know."""
    if isinstance(model, list):
        return any(map(unknown, model))
    if not hasattr(model, "model_extra"):
        return False
    return bool(model.model_extra) or any(unknown(value) for _, value in model)


def attached(arguments: dict[str, Any]) -> set[str]:
    """The fields of the files of an album."""
    media = arguments.get("media") or []
    return {item["media"].removeprefix("attach://") for item in media}


def sent(telegram: FakeTelegram, method: str) -> list[dict[str, Any]]:
    return [one for one in telegram.told("42/sent") if one["method"] == method]


def counts(telegram: FakeTelegram) -> dict[str, int]:
    return telegram.told("42/state")["counts"]


def read(value: str, name: str, model: Any) -> Any:
    """A value of a call, which is JSON except for texts."""
    if name in ("text", "caption") or model.model_fields.get(name, str) is str:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_the_token_is_in_nothing_that_is_written(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram, tmp_path: Path, mode: str
) -> None:
    secrets = {"token": "42:hunter2-Token_1", "secret": "s3cret-of-the-hook"}
    keys = bot(telegram, mode=mode) | {"token": secrets["token"]}
    if mode == "webhook":
        keys["secret"] = secrets["secret"]
    telegram.bring("fault", kind="502", method="getMe")
    berth = own_berth(telegram=keys, access="open", **own_fake().settings("echo"))
    for chat, kind in enumerate(telegram_faults(telegram), 100):
        telegram.bring("fault", kind=kind, method="getUpdates")
        # A message is given up if the server does not know how to send it.
        method = "sendChatAction" if kind in ("404", "photo") else "sendMessage"
        telegram.bring("fault", kind=kind, method=method)
        telegram.bring("42/message", chat=chat, text=f"question {kind}")
        wait_for(lambda chat=chat: texts(telegram, chat), 60, what=f"an answer after {kind}")
    told = [
        berth.admin(*words, check=False)
        for words in (("doctor",), ("queue",), ("config", "show"), ("tenant", "list"))
    ]
    written = [one.stdout + one.stderr for one in told]
    written.append(berth.request("/metrics").body.decode())
    written.append(berth.request("/readyz").body.decode())
    assert berth.stop() == 0
    files = [file for file in berth.folder.rglob("*") if file.is_file() and file != berth.config]
    assert berth.data / "berth.db" in files and berth.process.log in files
    written += [file.read_bytes().decode(errors="replace") for file in files]
    assert "telegram" in "".join(written)
    for secret in secrets.values():
        for text in written:
            at = text.find(secret)
            assert at < 0, text[max(0, at - 200) : at + 50]
            # The token's word alone would do as well.
            assert secret.partition(":")[2] == "" or secret.partition(":")[2] not in text


def telegram_faults(telegram: FakeTelegram) -> list[str]:
    """The kinds of faults, which the refusal of a wrong one lists."""
    try:
        telegram.bring("fault", kind="none")
    except urllib.error.HTTPError as error:
        listed = json.load(error)["error"]["message"]
        return [kind for kind in listed.partition("one of ")[2].split(", ") if kind != "401"]
    raise AssertionError("a wrong fault was taken")


def test_the_metrics_have_what_an_operator_watches(
    own_berth: OwnBerth, own_fake: OwnFake, telegram: FakeTelegram
) -> None:
    berth = own_berth(telegram=bot(telegram), access="open", **own_fake().settings("echo"))
    telegram.bring("fault", kind="429", method="sendMessage")
    telegram.bring("42/message", chat=5, text="one question")
    wait_for(lambda: metric(berth, "berth_telegram_calls_total", outcome="flood"), what="a flood")
    assert metric(berth, "berth_telegram_parked_chats", bot="b") == 1
    assert metric(berth, "berth_outbox_oldest_seconds") >= 0
    wait_for(lambda: texts(telegram, 5), what="an answer")
    wait_for(lambda: metric(berth, "berth_outbox_seconds_count"), what="the part")
    wait_for(lambda: metric(berth, "berth_telegram_parked_chats", bot="b") == 0, what="no park")
    assert metric(berth, "berth_outbox_oldest_seconds") == 0
    assert metric(berth, "berth_telegram_lag_seconds_count") == 1
    assert metric(berth, "berth_telegram_updates_total", kind="message") == 1
    assert metric(berth, "berth_telegram_calls_total", outcome="done") > 1


def metric(berth: Berth, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(berth.request("/metrics").body.decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return None


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
    # The last answer is confirmed by the next question.
    wait_for(lambda: telegram.told("42/state")["waiting"] == 0, what="the confirmation")
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
