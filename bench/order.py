"""Writes down which functions a short run of the service executes, for the linker to put together.

The kernel maps sixteen pages around each page of code that is touched, and counts all of them as
resident. scripts/order builds a Berth with symbols and runs this.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

import counts
from measures import Bench
from processes import Failed

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "ops" / "functions.order"
KEEPING = 10
"""Seconds under callgrind in which every keeper does its work at least once."""


def executed(bench: Bench) -> list[set[str]]:
    """The names of the functions that ran while the service was idle, and of those that ran later,
    also those of libraries."""
    profile = bench.folder / "callgrind.out"
    under = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={profile}"]
    with bench.fake("--tokens", "20") as fake, bench.serve(
            f"http://127.0.0.1:{fake}", 1, cache="{}", more=counts.ROOM, under=under) as served:
        time.sleep(KEEPING)
        subprocess.run(["callgrind_control", "-d", str(served.pid)], check=True, capture_output=True)
        client = counts.Client(served.port)
        for work in counts.KINDS.values():
            work.send(served, client, range(2))
        for path in ("/", "/healthz", "/metrics"):
            urllib.request.urlopen(f"http://127.0.0.1:{served.port}{path}", timeout=30).read()
        for words in (["memory"], ["queue"], ["usage"], ["tenant", "list"]):
            bench.admin(served.config, *words)
    # A recursive call has a mark such as 'malloc'2.
    return [{name.partition("'")[0]
             for name in re.findall(r"^c?fn=\(\d+\) (\S+)", file.read_text(), re.MULTILINE)}
            for file in (profile.with_suffix(".out.1"), profile)]


def defined(binary: str) -> set[str]:
    """The names of the binary's own functions."""
    listed = subprocess.run(["nm", binary], check=True, capture_output=True, text=True).stdout
    return set(re.findall(r"^\w+ [tTwW] (\S+)$", listed, re.MULTILINE))


def main() -> int:
    binary = os.environ["BERTH_BIN"]
    scratch = ROOT / ".build"
    with tempfile.TemporaryDirectory(prefix="order-", dir=scratch) as folder:
        try:
            idle, later = executed(Bench(binary, "", pathlib.Path(folder), 1))
            own = defined(binary)
        except Failed as error:
            print(error, file=sys.stderr)
            return 1
    names = sorted(idle & own) + sorted(later & own - idle)
    FILE.write_text("".join(name + "\n" for name in names))
    print(f"{FILE.relative_to(ROOT)}: {len(names)} functions, {len(idle & own)} of them for the idle service")
    return 0


if __name__ == "__main__":
    sys.exit(main())
