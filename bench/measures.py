"""The rows of the table: how each figure is measured, and its target."""

import asyncio
import contextlib
import dataclasses
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time
import urllib.request

import load
from processes import Failed, Memory, answers, cpu_seconds, free_port, running, status

HERE = pathlib.Path(__file__).resolve().parent
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
USERS, TOKENS, IDLE_CONNECTIONS, SAMPLES = 50, 200, 1000, 300
PACE = ["--delay-ms", "300", "--token-ms", "10", "--tokens", str(TOKENS)]
BACK = 4
"""MiB above its RSS before, to which a process must return after its users have left."""


@dataclasses.dataclass
class Row:
    letter: str
    what: str
    measured: str
    bar: str = "–"
    verdict: str = "–"
    beside: str = ""


@dataclasses.dataclass
class Served:
    """A running Berth. `file` lists its API keys, one a line."""
    pid: int
    port: int
    keys: list[str]
    file: pathlib.Path
    config: pathlib.Path
    data: pathlib.Path


def at_most(letter: str, what: str, value: float, bar: float, unit: str, beside: str = "") -> Row:
    digits = 0 if isinstance(value, int) else 1 if unit == "MiB" else 2
    verdict = "ok" if value <= bar else "MISSED"
    return Row(letter, what, f"{value:.{digits}f} {unit}", f"≤ {bar:g} {unit}", verdict, beside)


def at_least(letter: str, what: str, value: float, bar: float, unit: str, beside: str = "") -> Row:
    digits = 1 if bar < 100 else 0
    verdict = "ok" if value >= bar else "MISSED"
    return Row(letter, what, f"{value:,.{digits}f} {unit}", f"≥ {bar:,} {unit}", verdict, beside)


class Bench:
    """The binary, a folder for everything it writes, and the helpers that measurements share."""

    def __init__(self, berth: str, scheduling: str, folder: pathlib.Path, seconds: int) -> None:
        self.berth, self.scheduling, self.folder = berth, scheduling, folder
        self.seconds, self.count = seconds, 0
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))

    @contextlib.contextmanager
    def fake(self, *pace: str):
        """Runs a fake provider and yields its port."""
        port = free_port()
        command = [self.berth, "fake", "openai", "--listen", f"127.0.0.1:{port}", *pace]
        log = self.folder / "fake.log"
        with running(command, log, lambda: answers(port, "/v1/models")):
            yield port

    @contextlib.contextmanager
    def tls(self, target: int):
        """Runs a TLS proxy in front of a port. Yields the proxy's port and a file of authorities that
        includes the proxy's own."""
        port, key, own = free_port(), self.folder / "tls-key.pem", self.folder / "tls.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", own, "-days", "2", "-subj", "/CN=berth-bench",
             "-addext", "subjectAltName=IP:127.0.0.1"],
            check=True, capture_output=True)
        bundle = self.folder / "authorities.pem"
        bundle.write_text(pathlib.Path(AUTHORITIES).read_text() + own.read_text())
        command = [sys.executable, str(HERE / "tls.py"), str(port), str(target), str(own), str(key)]
        with running(command, self.folder / "tls.log", lambda: answers(port, "")):
            yield port, bundle

    @contextlib.contextmanager
    def serve(self, upstream: str, tenants: int, trusting: pathlib.Path | None = None,
              cache: str = '{ scope: "off" }', more: str = "", under: list[str] = []):
        """Runs a new Berth on a new data folder. `cache` and `more` are parts of its configuration.
        The built-in demo answers if `upstream` is empty. `under` is a command that runs Berth."""
        self.count += 1
        port, home = free_port(), self.folder / f"{self.count}"
        home.mkdir()
        config, log = home / "berth.yaml", home / "serve.log"
        config.write_text(configuration(port, home, upstream, cache) + more)
        command = [*under, self.berth, "serve", "--config", str(config)]
        if trusting:
            command = [*in_own_mounts(trusting), *command]
        with running(command, log, lambda: answers(port, "/readyz"), 60 if under else 15) as pid:
            keys = [self.add_tenant(f"user{n}", config) for n in range(tenants)]
            file = home / "keys"
            file.write_text("".join(key + "\n" for key in keys))
            yield Served(pid, port, keys, file, config, home / "data")

    def add_tenant(self, name: str, config: pathlib.Path) -> str:
        return self.admin(config, "tenant", "add", name)["key"]

    def admin(self, config: pathlib.Path, *words: str):
        """Runs a verb and decodes its JSON output."""
        command = [self.berth, *words, "--json", "--config", str(config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise Failed(f"'{' '.join(words)}' ended with {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)


def configuration(port: int, home: pathlib.Path, upstream: str, cache: str) -> str:
    return f"""\
listen: 127.0.0.1:{port}
data: "{home}/data"
files: {{ ballast: 0B }}
quotas: {{ requests_per_day: 1000000, tokens_per_day: 1000000000, spend_per_month: 1000000 }}
cache: {cache}
{providers(bench=upstream) if upstream else ""}"""


def providers(**upstreams: str) -> str:
    """One model per name, each with a provider of its own."""
    names = [f'  - {{ name: {name}, kind: openai, base_url: "{url}/v1", api_key: "sk-bench", '
             "concurrency: 1000 }\n" for name, url in upstreams.items()]
    models = [f"    - {{ provider: {name}, model: {name}, price: {{ input: 0, output: 0 }} }}\n"
              for name in upstreams]
    return "".join(["providers:\n", *names, "models:\n  chat:\n", *models])


def in_own_mounts(bundle: pathlib.Path) -> list[str]:
    """A command prefix. The command alone sees `bundle` in the place of Debian's file of authorities;
    the rest of the machine does not."""
    prefix = ["unshare", "--mount", "--map-root-user", "--", "sh", "-c",
              f'mount --bind "$0" {AUTHORITIES} && exec "$@"', str(bundle)]
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise Failed(f"no mount namespace for trusting the test's authority: {tried.stderr.strip()}")
    return prefix


def idle(bench: Bench) -> list[Row]:
    with bench.serve("http://127.0.0.1:9", 0) as served:
        time.sleep(5)
        memory, threads = Memory(served.pid), status(served.pid, "Threads")
    return [
        at_most("a", "idle, RSS", memory.rss, 26, "MiB"),
        at_most("a", "idle, Anonymous", memory.anonymous, 6, "MiB"),
        at_most("a", "idle, threads", threads, 4, "threads"),
    ]


@dataclasses.dataclass
class Streamed:
    """The effect of many parallel streams on a process, in MiB; `back` is in seconds."""
    before: Memory
    rss: float
    anonymous: float
    after: Memory
    back: float | None
    firsts: list[float]
    users: int

    @property
    def words(self) -> str:
        return (f"{(self.rss - self.before.rss) / self.users * 1024:.0f} KiB a user over "
                f"{self.before.rss:.1f}; first token p50 {statistics.median(self.firsts) * 1000:.0f} "
                f"ms, last {max(self.firsts) * 1000:.0f} ms")


def streaming(bench: Bench) -> list[Row]:
    with bench.fake(*PACE) as fake:
        plain = stream_once(bench, f"http://127.0.0.1:{fake}")
        back = f"within {BACK} MiB after {plain.back:.1f} s" if plain.back is not None else "never"
        rows = [
            at_most("b", "50 users streaming at once, RSS peak", plain.rss, 36, "MiB", plain.words),
            Row("b", "50 users streaming at once, Anonymous peak", f"{plain.anonymous:.1f} MiB"),
            at_most("b", "10 s after they left, RSS above idle", plain.after.rss - plain.before.rss,
                    BACK, "MiB", f"{back}; Anonymous {plain.before.anonymous:.1f} before, "
                    f"{plain.after.anonymous:.1f} after"),
        ]
        what = "the same, upstream over TLS, RSS peak"
        try:
            with bench.tls(fake) as (port, bundle):
                tls = stream_once(bench, f"https://127.0.0.1:{port}", bundle)
        except Failed as error:
            return [*rows, Row("b", what, f"not measured: {error}")]
    beside = f"Anonymous {tls.anonymous:.1f} MiB; {tls.words}"
    return [*rows, Row("b", what, f"{tls.rss:.1f} MiB", beside=beside)]


def stream_once(bench: Bench, upstream: str, trusting=None, users: int = USERS, more: str = "") -> Streamed:
    with bench.serve(upstream, users, trusting, more=more) as served:
        time.sleep(2)
        before, seen, back = Memory(served.pid), [], None
        firsts = asyncio.run(load.stream_all(
            served.port, served.keys, TOKENS, lambda: seen.append(Memory(served.pid))))
        rss = max(status(served.pid, "VmHWM") / 1024, *[memory.rss for memory in seen])
        left = time.monotonic()
        while (gone := time.monotonic() - left) < 10:
            if back is None and Memory(served.pid).rss <= before.rss + BACK:
                back = gone
            time.sleep(0.1)
        after = Memory(served.pid)
    return Streamed(before, rss, max(memory.anonymous for memory in seen), after, back, firsts, users)


def connections(bench: Bench) -> list[Row]:
    with bench.serve("http://127.0.0.1:9", 0) as served:
        load.IdleConnections(served.port, 1).close()
        time.sleep(2)
        before = Memory(served.pid)
        opened = load.IdleConnections(served.port, IDLE_CONNECTIONS)
        time.sleep(2)
        during, count = Memory(served.pid), opened.still_open()
        opened.close()
        time.sleep(5)
        after = Memory(served.pid)
    if count < IDLE_CONNECTIONS:
        raise Failed(f"only {count} of {IDLE_CONNECTIONS} connections stayed open")
    beside = (f"Anonymous +{during.anonymous - before.anonymous:.1f}; "
              f"5 s after they closed RSS +{after.rss - before.rss:.1f}")
    return [at_most("c", "1,000 idle keep-alive connections, RSS added",
                    during.rss - before.rss, 12, "MiB", beside)]


def first_token(bench: Bench) -> list[Row]:
    with bench.fake("--tokens", "5") as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", 1) as served:
        users = [load.OneUser(fake, "sk-bench"), load.OneUser(served.port, served.keys[0])]
        times = ([], [])
        for round in range(SAMPLES + 20):
            for user, taken in zip(users, times):
                milliseconds = user.first_token_ms()
                if round >= 20:  # the first rounds open connections and fill caches
                    taken.append(milliseconds)
        for user in users:
            user.close()
    direct, through = statistics.median(times[0]), statistics.median(times[1])
    beside = (f"upstream alone {direct:.2f} ms, through Berth {through:.2f} ms; p99 "
              f"{load.percentile(times[0], 99):.2f} and {load.percentile(times[1], 99):.2f} ms")
    return [at_most("d", "first token, added to the upstream's, median", through - direct, 2, "ms", beside)]


def throughput(bench: Bench) -> list[Row]:
    with bench.fake() as fake, \
            bench.serve(f"http://127.0.0.1:{fake}", USERS) as served:
        pid, port = served.pid, served.port
        alone = wrk(fake, served.file, 5)
        wrk(port, served.file, 2)  # the first requests open connections
        asked_before, cpu, seen = asked(fake), cpu_seconds(pid), Memory(pid)
        result = wrk(port, served.file, bench.seconds)
        cpu, loaded = cpu_seconds(pid) - cpu, Memory(pid)
        bought = asked(fake) - asked_before
        time.sleep(10)
        after = Memory(pid)
    if bought < result["requests"]:
        raise Failed(f"the provider answered only {bought} of {result['requests']} requests")
    rate = result["requests"] / result["seconds"]
    failed = result["refused"] + result["broken"]
    beside = (f"p50 {result['p50']:.1f} ms, p99 {result['p99']:.1f} ms; "
              f"{cpu / result['requests'] * 1e6:.0f} µs of processor time per request; {failed} failed; the fake "
              f"alone {alone['requests'] / alone['seconds']:,.0f} requests/s")
    row = at_least(
        "e", "completions, not streamed, 50 connections", rate, 4_000, "requests/s", beside)
    row.verdict = "MISSED" if failed else row.verdict
    return [
        row,
        Row("f", "10 s after that load, RSS", f"{after.rss:.1f} MiB",
            beside=f"Anonymous {after.anonymous:.1f}; right after it {loaded.rss:.1f}, "
            f"before it {seen.rss:.1f}"),
    ]


def wrk(port: int, file: pathlib.Path, seconds: int, kind: str = "same", count: int = 0) -> dict:
    """Runs a load of one kind over 50 connections and returns the figures that `requests.lua` prints."""
    command = ["wrk", "-t1", f"-c{USERS}", f"-d{seconds}s", "--timeout", "10s",
               "-s", str(HERE / "requests.lua"), f"http://127.0.0.1:{port}",
               "--", kind, str(file), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
    for line in done.stdout.splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line.removeprefix("RESULT "))
            if result["requests"] == result["refused"]:
                raise Failed(f"all {result['requests']} requests were refused, or none was answered")
            return result
    raise Failed(f"wrk printed no result: {done.stdout} {done.stderr}")


def asked(fake: int) -> int:
    """The number of completions that the fake on that port was asked for."""
    with urllib.request.urlopen(f"http://127.0.0.1:{fake}/stats", timeout=10) as answer:
        return json.load(answer)["received"]


ROWS = {
    "a": ("idle", idle),
    "b": ("50 users streaming", streaming),
    "c": ("1,000 idle connections", connections),
    "d": ("first token", first_token),
    "e": ("completions under load, and memory after it", throughput),
}
