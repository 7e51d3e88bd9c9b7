"""`berth chat` on a terminal."""

import os
import pty
import re
import select
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.berth import PATIENCE, Berth, FakeOpenAI, binary

ANSWER = "\x1b\\[[0-9;]*[A-Za-z]"


class Terminal:
    """A terminal with a program in it."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self.descriptor, self.process = descriptor, process
        self.text = ""

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def until(self, words: str) -> str:
        """Reads until `words` are shown, and returns everything up to them."""
        while words not in self.text:
            assert select.select([self.descriptor], [], [], PATIENCE)[0], self.text
            self.text += os.read(self.descriptor, 65536).decode()
        shown, _, self.text = self.text.partition(words)
        return shown + words


@contextmanager
def chatting(berth: Berth, tenant: str, model: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    words = [binary(), "chat", "--tenant", tenant, "--model", model, "--config", str(berth.config)]
    process = subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(ours)


def test_an_answer_is_formatted_and_the_prompt_stays(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    fake = own_fake("--token-ms", "50", "--tokens", "1000")
    berth = own_berth(**fake.settings("echo", "fake"))
    berth.add_tenant("ann")
    with chatting(berth, "ann", "fake/echo") as terminal:
        terminal.until("> ")
        terminal.type("**bold** and `code`\n")
        shown = terminal.until("> ")
        assert "\x1b[1mbold\x1b[0m and \x1b[36mcode\x1b[0m\r\n" in shown
        assert "waiting for the answer" in shown, "no sign of life"
        terminal.type("half a line\x03")
        terminal.until("(Ctrl-D leaves)")
        terminal.until("> ")
        terminal.type("still here\n")
        assert "still here\r\n" in re.sub(ANSWER, "", terminal.until("\n> "))
        terminal.type("\x04")
        assert terminal.process.wait(PATIENCE) == 0


def test_an_interrupt_stops_the_answer_and_not_the_program(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    fake = own_fake("--token-ms", "50", "--tokens", "1000")
    berth = own_berth(**fake.settings("fake"))
    berth.add_tenant("ann")
    with chatting(berth, "ann", "fake/fake") as terminal:
        terminal.until("> ")
        terminal.type("hello\n")
        terminal.until("writing")
        terminal.type("\x03")
        assert "token1" in terminal.until("(stopped)")
        terminal.until("> ")
        terminal.type("\x04")
        terminal.process.wait(PATIENCE)
    assert fake.stats()["answered"] == 0
