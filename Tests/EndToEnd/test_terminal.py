"""`berth chat` on a terminal."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.berth import PATIENCE, Berth, FakeOpenAI, binary

ANSWER = "\x1b\\[[0-9;]*[A-Za-z]"


class Terminal:
    """A terminal with a program in it."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self.descriptor, self.process = descriptor, process
        self.text = ""

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def modes(self) -> list[object]:
        return termios.tcgetattr(self.descriptor)

    def until(self, words: str) -> str:
        """Reads until `words` are shown, and returns everything up to them."""
        while words not in self.text:
            assert select.select([self.descriptor], [], [], PATIENCE)[0], self.text
            self.text += os.read(self.descriptor, 65536).decode()
        shown, _, self.text = self.text.partition(words)
        return shown + words


def state(berth: Berth) -> Path:
    """The folder in which conversations keep their lines."""
    return berth.config.parent / "state"


@contextmanager
def chatting(
    berth: Berth, tenant: str, model: str, **environment: str
) -> Iterator[Terminal]:
    environment = {"XDG_STATE_HOME": str(state(berth)), **environment}
    words = ["chat", "--tenant", tenant, "--model", model, "--config", str(berth.config)]
    with running(*words, **environment) as terminal:
        yield terminal


@contextmanager
def running(*words: str, **environment: str) -> Iterator[Terminal]:
    """Runs a verb on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [binary(), *words], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        env={**os.environ, "TERM": "xterm", **environment},
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


@pytest.fixture
def echoing(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> tuple[Berth, FakeOpenAI]:
    fake = own_fake()
    berth = own_berth(**fake.settings("echo"))
    berth.add_tenant("ann")
    return berth, fake


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("wold\x1b[D\x1b[Dr\r", "world"),
        ("one three\x1b[1;5Dtwo \r", "one two three"),
        ("end\x01start \x05 of line\r", "start end of line"),
        ("héЖ语\x1b[DX\r", "héЖX语"),
        ("سلام\x1b[D\x1b[Dx\r", "سلxام"),
        ("שלום 👍🏽 ไทย हिन्दी\r", "שלום 👍🏽 ไทย हिन्दी"),
        ("wrong\x15right\r", "right"),
        ("del\x1b[D\x1b[3~x\r", "dex"),
    ],
)
def test_a_line_is_edited(
    echoing: tuple[Berth, FakeOpenAI], typed: str, message: str
) -> None:
    with chatting(echoing[0], "ann", "fake/echo") as terminal:
        terminal.until("> ")
        terminal.type(typed)
        terminal.until("waiting for the answer")
        assert message in terminal.until("\n> ")


@pytest.mark.parametrize("word", ["हिन्दी", "น้ำ", "שָׁלוֹם", "ne\u0301e"])
def test_combining_characters_are_shown_after_an_edit(
    echoing: tuple[Berth, FakeOpenAI], word: str
) -> None:
    with chatting(echoing[0], "ann", "fake/echo") as terminal:
        terminal.resize(60)
        terminal.until("> ")
        terminal.type(f"a {word} b\x1b[D\x1b[D\x01x")
        terminal.until(f"> xa {word} b")
        # The cursor stands behind the prompt of two columns and the new letter.
        terminal.until("\r\x1b[3C")


@pytest.mark.parametrize(
    ("typed", "lines"),
    [
        ("\x1b[200~one\rtwo\r\rthree\r\x1b[201~\r", ["one", "two", "three"]),
        ("\x1b[200~a\nb\x1b[201~ and c\r", ["a", "b and c"]),
        ("before \x1b[200~语\r\tq\x07\x1b[1mz\x1b[201~\r", ["before 语", "q[1mz"]),
        ("first\x1b\rsecond\r", ["first", "second"]),
    ],
)
def test_a_text_of_several_lines_is_one_message(
    echoing: tuple[Berth, FakeOpenAI], typed: str, lines: list[str]
) -> None:
    berth, fake = echoing
    with chatting(berth, "ann", "fake/echo") as terminal:
        terminal.until("> ")
        terminal.type(typed)
        terminal.until("waiting for the answer")
        shown = re.sub(ANSWER, "", terminal.until("\n> "))
        assert all(line in shown for line in lines)
    assert fake.stats()["answered"] == 1


def test_former_lines_come_back_in_the_next_conversation(
    echoing: tuple[Berth, FakeOpenAI],
) -> None:
    berth, fake = echoing
    with chatting(berth, "ann", "fake/echo") as terminal:
        terminal.until("> ")
        for line in ["the first", "\x1b[200~two\rlines\x1b[201~", " secret"]:
            terminal.type(line + "\r")
            terminal.until("waiting for the answer")
            terminal.until("\n> ")
        terminal.type("\x04")
        assert terminal.process.wait(PATIENCE) == 0
    history = state(berth) / "berth" / "history"
    assert history.read_text() == '"the first"\n"two\\nlines"\n'
    assert history.stat().st_mode & 0o777 == 0o600
    assert history.parent.stat().st_mode & 0o777 == 0o700
    with chatting(berth, "ann", "fake/echo") as terminal:
        terminal.until("> ")
        terminal.type("\x1b[A!\r")
        terminal.until("waiting for the answer")
        assert "two" in (shown := terminal.until("\n> ")) and "lines!" in shown
        terminal.type("\x12firs\r")
        terminal.type("\r")
        terminal.until("waiting for the answer")
        assert "the first" in terminal.until("\n> ")
    assert fake.stats()["answered"] == 5


def test_a_line_survives_a_resize_and_the_answer_has_the_new_width(
    echoing: tuple[Berth, FakeOpenAI],
) -> None:
    with chatting(echoing[0], "ann", "fake/echo") as terminal:
        terminal.resize(60)
        terminal.until("> ")
        terminal.type("word word word word word word word")
        terminal.until("word word word word word word word")
        terminal.resize(30)
        terminal.until("> word")
        terminal.type(" and more\r")
        terminal.until("waiting for the answer")
        lines = terminal.until("\n> ").replace("\r", "\n").split("\n")
        shown = [line for line in (re.sub(ANSWER, "", line) for line in lines) if "word" in line]
        assert len(shown) == 2 and all(len(line) <= 30 for line in shown)


def test_keys_during_an_answer_are_the_next_line(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    fake = own_fake("--token-ms", "50", "--tokens", "20")
    berth = own_berth(**fake.settings("fake"))
    berth.add_tenant("ann")
    with chatting(berth, "ann", "fake/fake") as terminal:
        terminal.until("> ")
        terminal.type("hello\r")
        terminal.until("writing")
        terminal.type("\x1b[200~typed\rahead\x1b[201~")
        assert "typed" not in terminal.until("\n> ")
        terminal.until("ahead")
        terminal.type("\x03")
        terminal.until("(Ctrl-D leaves)")
    assert fake.stats()["answered"] == 1


@pytest.mark.parametrize("end", ["\x04", "/exit\r", "signal"])
def test_the_terminal_has_its_former_state_afterwards(
    echoing: tuple[Berth, FakeOpenAI], end: str
) -> None:
    with chatting(echoing[0], "ann", "fake/echo") as terminal:
        modes = terminal.modes()
        terminal.until("\x1b[?2004h")
        # The editor shows a pasted text, and the terminal alone would show its marks.
        terminal.type("\x1b[200~x\x1b[201~")
        terminal.until("> x")
        assert terminal.modes() != modes
        terminal.type("\x15")
        if end == "signal":
            terminal.process.terminate()
        else:
            terminal.type(end)
        terminal.until("\x1b[?2004l")
        assert terminal.process.wait(PATIENCE) == 0
        assert terminal.modes() == modes


@pytest.mark.parametrize("lacks", ["libedit", "cursor"])
def test_lines_are_read_plainly_without_an_editor(
    echoing: tuple[Berth, FakeOpenAI], tmp_path: Path, lacks: str
) -> None:
    berth = echoing[0]
    (tmp_path / "libedit.so.2").write_text("no library")
    lacking = {"LD_LIBRARY_PATH": str(tmp_path)} if lacks == "libedit" else {"TERM": "dumb"}
    with chatting(berth, "ann", "fake/echo", **lacking) as terminal:
        assert "2004" not in terminal.until("> ")
        terminal.type("half\x03")
        terminal.until("(Ctrl-D leaves)")
        terminal.until("> ")
        terminal.type("hello\n")
        terminal.until("waiting for the answer")
        assert "hello" in terminal.until("\n> ")
    if lacks == "libedit":
        words = [binary(), "doctor", "--config", str(berth.config)]
        said = subprocess.run(
            words, env={**os.environ, **lacking}, capture_output=True, text=True, timeout=PATIENCE
        ).stdout
        assert "install Debian's libedit2" in said


def test_a_tenant_is_removed_after_a_question(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    berth.add_tenant("ann")
    words = ("tenant", "remove", "ann")
    silent = berth.admin(*words, check=False)
    assert silent.returncode == 1 and "add --yes" in silent.stderr
    for line, is_gone in [("no", False), ("", False), ("yes", True)]:
        with running(*words, "--config", str(berth.config)) as terminal:
            terminal.until("cannot be undone")
            terminal.type(f"{line}\n")
            terminal.until("is removed" if is_gone else "is not removed")
            assert terminal.process.wait(PATIENCE) == (0 if is_gone else 1)
        known = [t["tenant"] for t in berth.admin("tenant", "list", "--json")["tenants"]]
        assert known == ([] if is_gone else ["ann"])
    berth.add_tenant("bob")
    assert berth.admin("tenant", "remove", "bob", "--json")["tenant"] == "bob"
    berth.add_tenant("eve")
    assert "eve is removed" in berth.admin("tenant", "remove", "eve", "--yes")
