"""The fake Telegram under a client that others wrote, and a bot under `berth doctor`."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError, TelegramUnauthorizedError
from aiogram.types import BotCommand, BufferedInputFile, InputMediaPhoto, MessageEntity
from support.berth import Berth, FakeTelegram

TOKEN = "42:hunter2"

#: A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def telegram(tmp_path: Path) -> Iterator[FakeTelegram]:
    fake = FakeTelegram(tmp_path).start()
    yield fake
    fake.process.end()


def run(fake: FakeTelegram, test: Callable[[Bot], Awaitable[Any]], token: str = TOKEN) -> Any:
    """Runs a coroutine with aiogram's client."""

    async def whole() -> Any:
        session = AiohttpSession(api=TelegramAPIServer.from_base(fake.url))
        async with Bot(token, session=session) as bot:
            return await test(bot)

    return asyncio.run(whole())


def test_a_client_of_others_can_use_every_call(telegram: FakeTelegram) -> None:
    telegram.bring("42/message", chat=5, text="/start inv_1", language="ru")

    async def talk(bot: Bot) -> None:
        assert (await bot.get_me()).id == 42
        updates = await bot.get_updates(timeout=5)
        message = updates[0].message
        assert message.text == "/start inv_1" and message.from_user.language_code == "ru"
        assert message.entities[0].type == "bot_command"
        assert await bot.get_updates(offset=updates[0].update_id + 1, timeout=0) == []
        bold = [MessageEntity(type="bold", offset=3, length=2)]
        sent = await bot.send_message(5, "🙂 hi", entities=bold)
        await bot.edit_message_text("done", chat_id=5, message_id=sent.message_id)
        await bot.send_chat_action(5, "typing")
        await bot.delete_message(5, sent.message_id)
        photo = BufferedInputFile(PIXEL, "a.png")
        await bot.send_photo(6, photo, caption="a")
        await bot.send_document(6, BufferedInputFile(b"hi", "a.txt"))
        album = await bot.send_media_group(7, [InputMediaPhoto(media=photo) for _ in range(2)])
        assert len(album) == 2
        await bot.set_my_commands([BotCommand(command="new", description="Begin anew")])
        with pytest.raises(TelegramBadRequest, match="message text is empty"):
            await bot.send_message(8, " ")

    run(telegram, talk)
    state = telegram.told("42/state")
    assert state["floods"] == 0
    assert state["faults"] == ["sendmessage: Bad Request: message text is empty"]
    assert [sent["text"] for sent in telegram.told("42/sent")][:2] == ["🙂 hi", "done"]


def test_a_second_poller_and_a_wrong_token_are_refused(telegram: FakeTelegram) -> None:
    async def twice(bot: Bot) -> None:
        first = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0.5)
        await bot.get_updates(timeout=0)
        with pytest.raises(TelegramConflictError):
            await first

    run(telegram, twice)
    with pytest.raises(TelegramUnauthorizedError):
        run(telegram, lambda bot: bot.get_me(), "42:wrong")


@pytest.mark.parametrize(("token", "status"), [(TOKEN, 0), ("42:wrong-hunter2", 1)])
def test_doctor_checks_a_bot(
    telegram: FakeTelegram, tmp_path: Path, token: str, status: int
) -> None:
    berth = Berth(tmp_path, {"telegram": {"token": token, "api_base": telegram.url, "name": "b"}})
    done = berth.admin("doctor", check=False)
    assert done.returncode == status, done.stdout
    rows = [line for line in done.stdout.splitlines() if line.startswith("telegram b")]
    assert rows and "hunter2" not in done.stdout + done.stderr
    assert ("@fake42_bot answers" in rows[0]) == (status == 0)
