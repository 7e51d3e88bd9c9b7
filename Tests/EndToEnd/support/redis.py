"""Runs Debian's redis-server on a Unix socket in its own folder."""

import socket
from pathlib import Path

from support.berth import Process
from support.browser import wait_for


class Redis:
    """A Redis server that stores nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "redis.sock"
        self.url = f"unix:{self.path}"
        words = ["redis-server", "--port", "0", "--unixsocket", str(self.path)]
        words += ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        self.process = Process(words, folder / "redis.log")

    def start(self) -> "Redis":
        self.process.start()
        wait_for(self.answers, what="redis-server")
        return self

    def answers(self) -> bool:
        try:
            return self.tell("PING") == "+PONG"
        except OSError:
            return False

    def size(self) -> int:
        """The number of keys."""
        return int(self.tell("DBSIZE").removeprefix(":"))

    def tell(self, command: str) -> str:
        """Sends an inline command and returns the first line of the answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.path))
            connection.sendall(f"{command}\r\n".encode())
            return connection.makefile().readline().strip()
