"""Measures Berth from outside and prints a table. scripts/bench builds Berth and runs this."""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import counts
import hits
import measures
import memory
import pictures
import pressure
import report
import telegram
import turns

ROOT = pathlib.Path(__file__).resolve().parent.parent
MORE = hits.ROWS | turns.ROWS | memory.ROWS | pressure.ROWS | pictures.ROWS | telegram.ROWS
ROWS = measures.ROWS | dict(sorted(MORE.items()))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    rows = ", ".join(f"{letter}: {what}" for letter, (what, _) in ROWS.items())
    parser.add_argument("--only", metavar="a,c", help=f"measure only these rows ({rows})")
    parser.add_argument("--count", action="store_true",
                        help="count instructions, allocations and system calls instead, and fail if "
                        "one has grown since it was recorded")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md (and record the counts)")
    parser.add_argument("--seconds", metavar="N", type=int, default=10, help="duration of each load (10)")
    given = parser.parse_args()
    # Row f is measured at the end of row e.
    wanted = given.only.replace("f", "e").split(",") if given.only else ROWS
    given.rows = list(dict.fromkeys(wanted))
    unknown = [row for row in given.rows if row not in ROWS]
    if unknown:
        parser.error(f"no row '{unknown[0]}': choose from {','.join(ROWS)}")
    if given.write and (given.only or given.seconds != 10):
        parser.error("--write needs a full run, so that all rows of the page come from one run")
    return given


def main() -> int:
    given = arguments()
    # SIGTERM unwinds like Ctrl-C, so every process that was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The repository's disk is used because a durable write costs nothing in a file system in memory.
    scratch = ROOT / ".build"
    scratch.mkdir(exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=scratch))
    rows, failed = [], False
    machine = report.machine(ROOT, folder)  # read before the benchmark adds its own load
    bench = measures.Bench(
        os.environ["BERTH_BIN"], os.environ["SCHEDULING_BIN"], folder, given.seconds)
    if given.count:
        try:
            page = ROOT / "docs" / "performance.md" if given.write else None
            grown = counts.run(bench, machine, page)
        except measures.Failed as error:
            print(f"{error}. The logs are in {folder}", file=sys.stderr)
            return 1
        shutil.rmtree(folder)
        return 1 if grown else 0
    try:
        for letter in given.rows:
            what, measure = ROWS[letter]
            began = time.monotonic()
            print(f"… {letter}: {what}", end="", file=sys.stderr, flush=True)
            try:
                rows += measure(bench)
            except measures.Failed as error:
                rows.append(measures.Row(letter, what, f"not measured: {error}"))
                failed = True
            print(f", {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        failed = True
    if failed:
        print(f"The logs of the failed measurements are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    print("\n".join([machine, "", *report.table(rows)]))
    if given.write and not failed:
        report.write(ROOT / "docs" / "performance.md", report.TIMED, "scripts/bench --write",
                     machine, report.table(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
