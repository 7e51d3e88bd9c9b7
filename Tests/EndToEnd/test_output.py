"""The log and the output of the verbs: their readers, their descriptors and their words."""

import fcntl
import http.server
import json
import os
import pty
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.berth import PATIENCE, Berth, binary, free_port
from support.people import Caller

#: Far more than the tests use.
ROOMY = {"quotas": {"requests_per_day": 100_000, "tokens_per_day": 100_000_000, "spend_per_month": 1000}}


def serve(berth: Berth, stderr: int, **options: object) -> None:
    """Starts the service with its log at the descriptor `stderr`."""
    berth.process.log.touch()
    # Swift's own handler of a crash would print a backtrace, and go on after a signal from outside.
    environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
    berth.process.child = subprocess.Popen(
        berth.process.words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        env=environment,
        **options,
    )
    berth.process.wait_until(berth.is_ready, "is ready")


def read_all(descriptor: int, until: str = "") -> str:
    """Reads until `until` has come, or until nothing comes for a while."""
    os.set_blocking(descriptor, False)
    text, deadline = "", time.monotonic() + PATIENCE
    quiet = time.monotonic() + 3
    while time.monotonic() < deadline and (until not in text if until else time.monotonic() < quiet):
        try:
            piece = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            piece = b""
        except OSError:  # the terminal's other end is closed
            break
        if piece:
            text += piece.decode(errors="replace")
            quiet = time.monotonic() + 3
        else:
            time.sleep(0.01)
    return text


@pytest.mark.parametrize("kind", ["pipe", "socket", "terminal"])
def test_a_log_that_nobody_reads_holds_nobody_up(kind: str, tmp_path: Path) -> None:
    """The service goes on, counts the lost lines, says so when the reader is back, and ends."""
    if kind == "pipe":
        reading, writing = os.pipe()
    elif kind == "terminal":
        reading, writing = pty.openpty()
        os.write(reading, b"\x13")  # Ctrl-S
    else:
        ends = socket.socketpair()
        reading, writing = ends[0].detach(), ends[1].detach()
    berth = Berth(tmp_path, dict(ROOMY))
    flags = fcntl.fcntl(writing, fcntl.F_GETFL)
    serve(berth, writing)
    assert fcntl.fcntl(writing, fcntl.F_GETFL) == flags
    caller = Caller(berth, berth.add_tenant("ann"))
    for number in range(2000):
        assert caller.ask(f"question {number}").status == 200
    lost = int(
        next(
            line.split()[1]
            for line in berth.request("/metrics").body.decode().splitlines()
            if line.startswith("berth_log_lines_lost_total ")
        )
    )
    assert lost > 0
    if kind == "terminal":
        os.write(reading, b"\x11")  # Ctrl-Q
    text = read_all(reading)
    said = re.findall(r"warning log lines were lost because nobody read them lines=(\d+)", text)
    assert sum(map(int, said)) >= lost  # more may be lost while the reader catches up
    assert caller.ask("the last question").status == 200
    assert "api call" in read_all(reading)
    for number in range(1000):  # the reader stands still again, also at the end
        caller.ask(f"more {number}")
    assert berth.stop() == 0


@pytest.mark.parametrize("place", ["/dev/full", "closed", "a closed pipe", "a full disk"])
def test_a_log_that_cannot_be_written_stops_nothing(place: str, tmp_path: Path) -> None:
    berth = Berth(tmp_path)
    options: dict[str, object] = {}
    if place == "a full disk":
        # A file that may not grow fails like one on a full disk, and the database is smaller.
        descriptor = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.truncate(descriptor, (1 << 30) - 500)
        options["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))
    elif place == "a closed pipe":
        reading, descriptor = os.pipe()
        os.close(reading)
    elif place == "closed":
        descriptor = os.open("/dev/null", os.O_WRONLY)
        berth.process.words = ["/bin/sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "-", *berth.process.words]
    else:
        descriptor = os.open(place, os.O_WRONLY)
    serve(berth, descriptor, **options)
    caller = Caller(berth, berth.add_tenant("ann"))
    for number in range(50):
        assert caller.ask(f"question {number}").status == 200
    assert berth.stop() == 0
    with sqlite3.connect(berth.data / "berth.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    for file in berth.data.iterdir():
        if file.is_file():
            assert b"api call" not in file.read_bytes(), f"log lines in {file}"


def test_a_crash_writes_the_lines_that_wait(tmp_path: Path) -> None:
    """Lines that wait for a reader are written by the handler of the signal that ends the process."""
    reading, writing = os.pipe()
    berth = Berth(tmp_path, dict(ROOMY))
    serve(berth, writing)
    os.close(writing)
    caller = Caller(berth, berth.add_tenant("ann"))
    for number in range(800):
        caller.ask(f"question {number}")
    os.set_blocking(reading, False)
    before = len(os.read(reading, 1 << 20))
    berth.process.child.send_signal(signal.SIGABRT)
    assert berth.process.child.wait(PATIENCE) == -signal.SIGABRT
    after = read_all(reading)
    assert before > 0
    assert after.count("api call") > 10
    assert after.endswith("\n")


def damaged(berth: Berth, sql: str) -> None:
    berth.start()
    berth.add_tenant("ann")
    assert berth.stop() == 0
    with sqlite3.connect(berth.data / "berth.db") as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        database.execute(sql)
    database.close()


def overwrite(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


STARTS: dict[str, tuple[Callable[[Berth], object], str]] = {
    "a table is missing": (lambda b: damaged(b, "DROP TABLE usage_day"), "usage_day"),
    "an unknown word": (lambda b: damaged(b, "UPDATE tenant SET state = 'x'"), "berth.db"),
    "a newer database": (lambda b: damaged(b, "PRAGMA user_version = 9999"), "9999"),
    "another program's": (lambda b: damaged(b, "PRAGMA application_id = 7"), "berth.db"),
    "no database": (lambda b: overwrite(b.data / "berth.db", b"hello " * 500), "berth.db"),
    "a folder in its place": (lambda b: (b.data / "berth.db").mkdir(parents=True), "berth.db"),
    "a file for the folder": (lambda b: b.data.write_text("x"), str("data")),
    "a file for the socket": (lambda b: overwrite(b.data / "admin.sock", b"x"), "admin.sock"),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_start_that_fails_says_why(name: str, tmp_path: Path) -> None:
    """The last line names the file and the reason, and never a tenant's words."""
    prepare, words = STARTS[name]
    berth = Berth(tmp_path)
    prepare(berth)
    done = subprocess.run(berth.process.words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert words in last
    assert "tell the operator" not in last


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"redis": {"url": "redis://[::1"}}, "redis"),
        ({"listen": "203.0.113.7:1"}, "203.0.113.7"),
        ({"memory": {"limit": "17MiB"}}, "memory"),
    ],
)
def test_a_start_with_a_bad_setting_says_which(
    settings: dict[str, object], words: str, tmp_path: Path
) -> None:
    berth = Berth(tmp_path, settings)
    done = subprocess.run(berth.process.words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode in (1, 2)
    assert words in done.stderr


def test_a_start_on_a_taken_port_names_it(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        berth = Berth(tmp_path, {"listen": f"127.0.0.1:{port}"})
        done = subprocess.run(
            berth.process.words, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert done.returncode == 1
    assert str(port) in done.stderr


def test_names_in_errors_are_harmless_on_a_terminal(own_berth: Callable[..., Berth]) -> None:
    """Escapes and marks of direction in arguments do not reach the terminal of a verb."""
    berth = own_berth()
    evil = "\x1b]0;x\x07\x1b[2J\u202e\u009b31m"
    for words in (["tenant", "add", evil], ["tenant", "show", evil], ["queue", "retry", evil], [evil],
                  ["memory", "--tenant", evil], ["quota", "set", "ann", f"{evil}=1"], ["help", evil]):
        done = berth.admin(*words, check=False)
        for text in (done.stdout, done.stderr):
            assert not any(c in text for c in "\x1b\x07\u202e\u009b"), words
        assert done.returncode in (1, 2)


def test_a_name_that_no_tenant_can_have_is_refused_in_words(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    for name in (".", "..", "_x", ".x", "a/b", "a%b", "A"):
        assert "not a valid name" in berth.admin("tenant", "add", name, check=False).stderr
    for name in ("..", ".", "a/b", "a%2fb", "a b"):
        for verb in ("show", "suspend", "keys", "remove", "link"):
            done = berth.admin("tenant", verb, name, check=False)
            assert done.returncode == 1
            assert done.stderr
    done = subprocess.run(
        [binary(), "tenant", "add", "--config", str(berth.config), "--", "-x"],
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )
    assert "not a valid name" in done.stderr


EVIL = "\x1b]0;x\x07a\r\nb\u202ec\td\u009b31me\x7f"


class EvilModel(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible server whose answer acts on a terminal."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        chunks = [
            {"index": 0, "delta": {"content": EVIL}, "finish_reason": None},
            {"index": 0, "delta": {}, "finish_reason": "stop"},
        ]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for chunk in chunks:
            self.wfile.write(b"data: " + json.dumps({"id": "x", "choices": [chunk]}).encode() + b"\n\n")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("is_terminal", [True, False])
def test_an_answer_acts_on_no_terminal_and_is_whole_in_a_pipe(
    is_terminal: bool, own_berth: Callable[..., Berth]
) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EvilModel)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/v1"
    berth = own_berth(
        providers=[{"name": "up", "kind": "openai", "base_url": address}],
        models={"chat": [{"provider": "up", "model": "m"}]},
    )
    berth.add_tenant("ann")
    reading, writing = pty.openpty() if is_terminal else os.pipe()
    chat = subprocess.Popen(
        [binary(), "chat", "--tenant", "ann", "--config", str(berth.config)],
        stdin=subprocess.PIPE, stdout=writing, stderr=writing,
    )
    os.close(writing)
    chat.communicate(b"hello\n", timeout=PATIENCE)
    text = read_all(reading)
    server.shutdown()
    assert chat.returncode == 0
    if is_terminal:
        # Each status line clears itself before the next output.
        shown = re.sub("\r\x1b\\[K(waiting for the answer|writing)?", "", text)
        assert shown.replace("\r\n", "\n") == "]0;xa\nbc    d31me\n"
    else:
        assert text == EVIL + "\n"
