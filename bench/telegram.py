"""The rows of Telegram: many chats that stream at once, and a bot that waits."""

import contextlib
import json
import pathlib
import time
import urllib.request

from measures import PACE, TOKENS, USERS, Bench, Row, at_most, stream_once
from processes import Failed, Memory, answers, free_port, running, status

IDLE = 60
"""The seconds for which a bot waits."""
SETTLE = 60
"""The most seconds until all chats are answered."""


class Telegram:
    """A fake Telegram on a port."""

    def __init__(self, port: int) -> None:
        self.port = port

    def told(self, page: str, members: dict | None = None):
        body = json.dumps(members).encode() if members else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/control/42/{page}", body)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def write(self, text: str) -> None:
        """Has every user write to the bot."""
        for chat in range(1, USERS + 1):
            self.told("message", {"chat": chat, "text": text, "name": f"user{chat}"})

    def texts(self) -> list[str]:
        return [sent["text"] for sent in self.told("sent") if sent["method"] == "sendmessage"]

    def wait_for(self, count: int, look=lambda: None) -> None:
        deadline = time.monotonic() + SETTLE
        while len(self.texts()) < count:
            if time.monotonic() > deadline:
                raise Failed(f"{len(self.texts())} of {count} messages came within {SETTLE} s")
            look()
            time.sleep(0.05)

    @property
    def configuration(self) -> str:
        base = f"http://127.0.0.1:{self.port}"
        return f"access: open\ntelegram: {{ token: '42:bench', name: bench, api_base: '{base}' }}\n"


@contextlib.contextmanager
def fake(bench: Bench):
    port = free_port()
    command = [bench.berth, "fake", "telegram", "--listen", f"127.0.0.1:{port}"]
    with running(command, bench.folder / "telegram.log", lambda: answers(port, "/control")):
        yield Telegram(port)


def streaming(bench: Bench) -> list[Row]:
    with bench.fake(*PACE) as provider, fake(bench) as telegram:
        upstream = f"http://127.0.0.1:{provider}"
        api = stream_once(bench, upstream)
        more = f"limits: {{ tenants: {USERS + 10} }}\n" + telegram.configuration
        with bench.serve(upstream, 0, more=more) as served:
            telegram.write("/help")  # makes the tenants
            telegram.wait_for(USERS)
            time.sleep(5)  # the chats may be written to again
            before, seen = Memory(served.pid), []
            telegram.write("Say what a berth is, in a few words.")
            telegram.wait_for(2 * USERS, lambda: seen.append(Memory(served.pid)))
            rss = max(status(served.pid, "VmHWM") / 1024, *[memory.rss for memory in seen])
            sent, state = telegram.told("sent"), telegram.told("state")
    texts = [one["text"] for one in sent if one["method"] == "sendmessage"]
    whole = [text for text in texts if f"token{TOKENS}" in text]
    if len(whole) != USERS or state["floods"] or state["faults"]:
        raise Failed(f"{len(whole)} of {USERS} answers were whole: {state}")
    drafts = sum(one["method"] == "sendmessagedraft" for one in sent)
    beside = (f"{rss:.1f} against {api.rss:.1f}; {before.rss:.1f} and {api.before.rss:.1f} before; "
              f"Anonymous {max(m.anonymous for m in seen):.1f} and {api.anonymous:.1f}; {drafts} "
              f"drafts, {state['floods']} floods")
    what = f"{USERS} users of Telegram streaming at once, RSS peak above that over the API"
    return [at_most("t", what, rss - api.rss, 4, "MiB", beside)]


def idle(bench: Bench) -> list[Row]:
    with fake(bench) as telegram:
        costs = []
        for more in ("", telegram.configuration):
            with bench.serve("http://127.0.0.1:9", 0, more=more) as served:
                time.sleep(10)  # the start's work is done
                before, began = processor_time(served.pid), time.monotonic()
                time.sleep(IDLE)
                took = processor_time(served.pid) - before
                costs.append(took / (time.monotonic() - began) * 100)
        polls = telegram.told("state")["counts"].get("getupdates", 0)
    if not polls:
        raise Failed("the bot has not asked for updates")
    beside = f"over {IDLE} s; {polls} questions for updates; without a bot {costs[0]:.3f} %"
    return [at_most("u", "an idle bot that polls, processor time of the service", costs[1], 0.2,
                    "% of a core", beside)]


def processor_time(pid: int) -> float:
    """Seconds on a processor of all threads, more exact than the ticks of /proc/PID/stat."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


ROWS = {
    "t": ("50 users of Telegram streaming", streaming),
    "u": ("an idle bot of Telegram", idle),
}
