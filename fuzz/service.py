"""The service under test: its process, its figures, and the checks after each side."""

import contextlib
import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import time


class Fault(Exception):
    """Berth broke a promise. The text names which one."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A `berth serve` process with quotas that the run does not reach."""

    def __init__(self, binary: str, folder: pathlib.Path, **settings) -> None:
        self.binary, self.folder, self.port = binary, folder, free_port()
        self.file, self.log = folder / "berth.yaml", folder / "serve.log"
        self.process = None
        self.file.write_text(json.dumps({
            "listen": f"127.0.0.1:{self.port}", "data": str(folder / "data"),
            "memory": {"limit": "128MiB"},
            "quotas": {"requests_per_day": 10**6, "tokens_per_day": 10**9, "spend_per_month": 10**5},
        } | settings))

    def start(self) -> "Service":
        if not self.try_start():
            raise Fault(f"the service did not start: {self.said()}")
        return self

    def try_start(self, seconds: float = 30) -> bool:
        """Starts the process. Returns whether it is ready; otherwise it has ended by itself."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--config", self.file],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            if self.get("/readyz")[0] == 200:
                return True
            time.sleep(0.02)
        raise Fault(f"the service was not ready within {seconds:g} s: {self.said()}")

    def stop(self) -> None:
        """Stops the process in order, and checks that it ends with status 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Fault(f"the service did not stop within 30 s: {self.said()}") from None
        if status:
            raise Fault(f"the service ended with {status}: {self.said()}")

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def said(self) -> str:
        return " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])[-600:]

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            raise Fault(f"the service ended with {self.process.returncode}: {self.said()}")

    def verb(self, *words: str) -> subprocess.CompletedProcess:
        """Runs a verb. A verb that a signal ends is a fault."""
        done = subprocess.run([self.binary, *words, "--config", self.file],
                              capture_output=True, text=True, errors="replace", timeout=60, check=False)
        if done.returncode not in (0, 1, 2):
            raise Fault(f"berth {' '.join(words)} ended with {done.returncode}: {done.stderr[-400:]}")
        return done

    def tenant(self, name: str) -> str:
        """Adds a tenant and returns its key."""
        done = self.verb("tenant", "add", name, "--json")
        if done.returncode:
            raise Fault(f"tenant add: {done.stderr}")
        return json.loads(done.stdout)["key"]

    def get(self, path: str) -> tuple[int, bytes]:
        """The status and the body; status 0 if there is no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        return 0, b""

    def figure(self, name: str) -> float:
        """A sample of /metrics by its name with labels."""
        _, text = self.get("/metrics")
        found = re.search(rf"^{re.escape(name)} (\S+)$", text.decode(), re.MULTILINE)
        if not found:
            raise Fault(f"/metrics has no {name}")
        return float(found[1])

    def stalls(self) -> int:
        """The number of loop turns in which one piece of work took longer than 5 ms."""
        return int(self.figure("berth_loop_stall_seconds_count"))

    async def stalls_seen(self, link) -> int:
        """The same as `stalls()`, over a kept connection; 0 if the service does not answer."""
        _, text = await link.send(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 30) or (0, b"")
        found = re.search(rb"^berth_loop_stall_seconds_count (\d+)$", text, re.MULTILINE)
        return int(found[1]) if found else 0

    def check(self, fivehundreds: int) -> None:
        """Checks that the process lives, leases nothing more, and answered with at most so many 5xx."""
        self.check_alive()
        seen = int(self.figure('berth_http_requests_total{status="5xx"}'))
        if seen > fivehundreds:
            raise Fault(f"{seen} answers were 5xx, {fivehundreds} are explained: {self.said()}")
        self.wait_for_leases()

    def stall_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return " / ".join([line for line in lines if "loop" in line][-3:])

    def wait_for_leases(self, seconds: float = 30) -> None:
        """Waits until no tenant holds memory any more."""
        deadline = time.monotonic() + seconds
        while True:
            memory = json.loads(self.verb("memory", "--json").stdout)
            held = {line["tenant"]: line["bytes"] for line in memory["lines"] if line.get("tenant")}
            if not sum(held.values()):
                return
            if time.monotonic() > deadline:
                raise Fault(f"memory is still leased: {held}")
            time.sleep(0.2)
