"""Starts the measured processes, reads the kernel's figures of them, and ends them."""

import contextlib
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

MIB = 1024 * 1024


class Failed(Exception):
    """A measurement could not be made. The text names the cause."""


class Memory:
    """The memory of a process at one moment, in MiB."""

    def __init__(self, pid: int) -> None:
        sizes = {}
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split(":")
            sizes[name] = int(value.split()[0]) * 1024 / MIB
        self.rss, self.anonymous = sizes["Rss"], sizes["Anonymous"]


def status(pid: int, key: str) -> int:
    """A number from /proc/PID/status. Sizes are in KiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise Failed(f"/proc/{pid}/status has no {key}")


def cpu_seconds(pid: int) -> float:
    """Processor seconds of a process since its start, in user and kernel mode."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command: list[str], log: pathlib.Path, is_ready: Callable[[], bool], ready: float = 15):
    """Runs `command`, yields its pid once it is ready, and ends that process alone when the block is
    left."""
    with log.open("ab") as output:
        # In a session of its own, the process gets no Ctrl-C; the driver ends it.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until_ready(process, log, is_ready, ready)
        yield process.pid
        if process.poll() is not None:
            raise Failed(f"{pathlib.Path(command[0]).name} ended by itself: {tail(log)}")
    finally:
        end(process)


def wait_until_ready(process, log: pathlib.Path, is_ready, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Failed(f"'{' '.join(process.args)}' ended with {process.returncode}: {tail(log)}")
        if is_ready():
            return
        time.sleep(0.02)
    raise Failed(f"'{' '.join(process.args)}' was not ready within {seconds:g} s: {tail(log)}")


def answers(port: int, path: str) -> bool:
    """Whether `path` answers 200, or whether the port is open if `path` is empty."""
    try:
        if not path:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", path, headers={"connection": "close"})
        code = connection.getresponse().status
        connection.close()
        return code == 200
    except OSError:
        return False


def end(process) -> None:
    for sign, seconds in [(signal.SIGTERM, 15), (signal.SIGKILL, 5)]:
        if process.poll() is None:
            process.send_signal(sign)
        try:
            process.wait(seconds)
            return
        except subprocess.TimeoutExpired:
            print(f"… process {process.pid} did not end within {seconds} s of {sign.name}",
                  file=sys.stderr, flush=True)


def tail(log: pathlib.Path) -> str:
    return " / ".join(log.read_text(errors="replace").splitlines()[-3:]) or "its log is empty"
