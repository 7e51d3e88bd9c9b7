"""The table of results, and the section of docs/performance.md that holds it."""

import datetime
import os
import pathlib
import platform
import statistics
import subprocess
import time

TIMED, COUNTED = "<!-- scripts/bench writes from here -->", "<!-- scripts/bench --count writes from here -->"
END = "<!-- to here -->"


def said(*command: str, at: pathlib.Path | None = None) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=at, timeout=30)
    except OSError:
        return ""
    return done.stdout.strip()


def machine(root: pathlib.Path, folder: pathlib.Path) -> str:
    swift = said("swift", "--version").partition("\n")[0].partition("(")[0].strip()
    commit = said("git", "rev-parse", "--short", "HEAD", at=root)
    changed = " with changes" if said("git", "status", "--porcelain", at=root) else ""
    disk = said("findmnt", "--noheadings", "--output", "FSTYPE", "--target", str(folder))
    return (f"{datetime.date.today()}, commit {commit}{changed}, {os.cpu_count()} cores "
            f"({processor()}), Linux {platform.release()}, {swift}, data on {disk} (a durable "
            f"4 KiB write takes {durable_write_ms(folder):.1f} ms), load average before {os.getloadavg()[0]:.1f}")


def durable_write_ms(folder: pathlib.Path) -> float:
    """The median of 200 appends, each of them synchronised to the disk as SQLite does it."""
    times = []
    with (folder / "durable").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file)
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def table(rows) -> list[str]:
    head = ["", "what", "measured", "target", "", "notes"]
    cells = [[row.letter, row.what, row.measured, row.bar, row.verdict, row.beside] for row in rows]
    cells = [[cell.replace("|", "/") for cell in line] for line in cells]
    return aligned([head, *cells])


def aligned(lines: list[list[str]]) -> list[str]:
    """A table in Markdown, whose first line is its head."""
    lines = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]) - 1)] + [0]
    return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
            for line in lines]


def write(page: pathlib.Path, begin: str, command: str, machine: str, lines: list[str]) -> None:
    """Replaces the text between the marker `begin` of `page` and the next end marker."""
    before, _, rest = page.read_text().partition(begin)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{page} has no lines '{begin}' and '{END}' that enclose the table")
    made = [f"Written by `{command}`.", "", machine, "", *lines]
    page.write_text(before + "\n".join([begin, *made, END]) + after)
