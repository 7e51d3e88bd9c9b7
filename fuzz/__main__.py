"""Sends mutated input to Berth and checks that it stays alive, correct and quick. scripts/fuzz
builds Berth and runs this.

A stall of the loop (a piece of work with more than 5 ms of the processor) is a fault if one of the
inputs of the second before it stalls the loop each of three times that it is sent again, alone.
Other stalls are counted in the output: the machine was slow, or the inputs acted together."""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import sides
from differential import differential
from service import Fault
from telegram import markdown, telegram

SIDES = sides.SIDES | {"telegram": telegram, "markdown": markdown, "differential": differential}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(SIDES)
    parser.add_argument("--only", metavar="a,b", help=f"these sides only ({names})")
    parser.add_argument("--seconds", metavar="N", type=int, default=60, help="duration of the run (60)")
    parser.add_argument("--seed", metavar="N", type=int, default=int(time.time()),
                        help="seed of the mutations (the time)")
    parser.add_argument("--streams", metavar="N", type=int,
                        help="the differential side compares N streams, however long that takes")
    given = parser.parse_args()
    given.sides = given.only.split(",") if given.only else list(SIDES)
    unknown = [name for name in given.sides if name not in SIDES]
    if unknown:
        parser.error(f"no side '{unknown[0]}': choose from {names}")
    return given


def main() -> int:
    given = arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="berth-fuzz-"))
    print(f"seed {given.seed}, {given.seconds} s", flush=True)
    failed = False
    for name in given.sides:
        place = folder / name
        place.mkdir()
        try:
            more = {"streams": given.streams} if name == "differential" else {}
            counts = SIDES[name](
                os.environ["BERTH_BIN"], place, given.seed, given.seconds / len(given.sides), **more)
            print(f"{name}: {counts}", flush=True)
        except Fault as fault:
            failed = True
            print(f"{name}: FAULT: {fault}", flush=True)
    if failed:
        print(f"The logs and the inputs of the failed sides are in {folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
