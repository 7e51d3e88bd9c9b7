"""The rows about pictures: memory and time of a conversion to a JPEG of 512 pixels, beside other programs."""

import json
import os
import pathlib
import statistics
import subprocess
import time

from measures import Bench, Row, at_most
from processes import Failed

SIDES = {"1": 1024, "16": 4096, "64": 8192}
FORMATS = {"JPEG": "jpg[Q=85,strip]", "PNG": "png[strip]", "WebP": "webp[Q=80,effort=0,strip]",
           "AVIF": "avif[Q=60,effort=0,strip]"}
AVIF_SIDES = {"1": 1024, "16": 4096, "33": 5760}
"""Debian's libheif decodes no AVIF of more pixels that its encoder makes in one piece."""
STREAMING = {"JPEG", "PNG", "WebP"}
"""Formats that are decoded without the whole picture in memory."""
ROUNDS = 5
ROUGH = ["import resource, sys", "from PIL import Image", "Image.MAX_IMAGE_PIXELS = None"]
PILLOW = "\n".join([*ROUGH, "image = Image.open(sys.argv[1])", "image.thumbnail((512, 512))",
                    "image.convert('RGB').save(sys.argv[2], 'JPEG', quality=85)"])


def program() -> str:
    if path := os.environ.get("PICTURES_BIN"):
        return path
    raise Failed("PICTURES_BIN names no program")


def pictures(bench: Bench) -> list[Row]:
    """Measures each format at each size with all programs in turns, so that a slow moment of the
    machine affects all of them."""
    rows, over_lease, slower = [], 0.0, 0.0
    bases = {"vipsthumbnail": 0.0, "Pillow": 0.0}
    small = photo(bench.folder, "JPEG", 64)
    for name in bases:
        bases[name] = statistics.median(run(name, small, bench.folder)[0] for _ in range(3))
    for form in FORMATS:
        for megapixels, side in (AVIF_SIDES if form == "AVIF" else SIDES).items():
            file = photo(bench.folder, form, side)
            what = f"{form} of {megapixels} megapixels to 512 px, RSS added"
            try:
                own, whole, others = measured(file, bench.folder, form, bases)
            except Failed as error:
                rows.append(Row("r", what, "not measured", beside=str(error).splitlines()[0]))
                continue
            peak = max(round["peak"] for round in own) / 2**20
            over_lease = max(over_lease, *[round["peak"] / round["lease"] for round in own])
            process = min(whole)
            slower = max(slower, process / others["vipsthumbnail"][1])
            beside = (f"lease {own[0]['lease'] / 2**20:.1f} MiB; in the process "
                      f"{min(round['ms'] for round in own):.0f} ms, as a process "
                      f"{process:.0f} ms; "
                      + "; ".join(f"{name} {memory:.1f} MiB, {taken:.0f} ms"
                                  for name, (memory, taken) in others.items()))
            if form in STREAMING and megapixels == "16":
                rows.append(at_most("r", what, peak, 16, "MiB", beside))
            else:
                rows.append(Row("r", what, f"{peak:.1f} MiB", beside=beside))
            file.unlink()
    return [*rows, at_most("r", "the most memory against the lease", over_lease, 1.1, "times"),
            at_most("r", "the longest time against vipsthumbnail's", slower, 1, "times",
                    "both as processes, the least of five")]


def measured(file: pathlib.Path, folder: pathlib.Path, form: str, bases: dict) -> tuple:
    """Berth's own figures, its times as a process, and memory and time of the others."""
    own, whole, others = [], [], {name: [] for name in bases}
    if form == "AVIF":
        del others["Pillow"]  # Debian's reads no AVIF
    for _ in range(ROUNDS):
        own.append(said("convert", str(file), str(folder / "out.jpg")))
        began = time.monotonic()
        said("once", str(file), str(folder / "out.jpg"))
        whole.append((time.monotonic() - began) * 1000)
        for name, figures in others.items():
            figures.append(run(name, file, folder))
    return own, whole, {name: (max(memory for memory, _ in figures) - bases[name],
                               min(taken for _, taken in figures))
                        for name, figures in others.items()}


def said(*words: str) -> dict:
    """Runs Berth's own program and decodes its output."""
    done = subprocess.run([program(), *words], capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise Failed(f"'{' '.join(words)}' ended with {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def run(name: str, file: pathlib.Path, folder: pathlib.Path) -> tuple[float, float]:
    """Runs another program, and returns its largest RSS in MiB and its time in milliseconds."""
    out = folder / f"{name}.jpg"
    command = (["/usr/bin/python3", "-c", PILLOW, str(file), str(out)] if name == "Pillow" else
               ["vipsthumbnail", str(file), "--size", "512", "-o", f"{out}[Q=85,strip]"])
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    taken = (time.monotonic() - began) * 1000
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"{name} ended with {child.returncode}: {errors.decode()[-300:]}")
    return usage.ru_maxrss / 1024, taken


def photo(folder: pathlib.Path, form: str, side: int) -> pathlib.Path:
    """A picture with smooth shapes and noise, as a camera makes them."""
    file, plain = folder / f"photo-{side}.{FORMATS[form]}", folder / f"photo-{side}.v"
    if not plain.exists():
        bands = []
        for band in range(3):
            smooth, noise, sum_ = (folder / f"{name}{band}.v" for name in ("smooth", "noise", "sum"))
            vips("perlin", str(smooth), str(side), str(side), "--cell-size", "256", "--uchar",
                 "--seed", str(band))
            vips("gaussnoise", str(noise), str(side), str(side), "--mean", "0", "--sigma", "6",
                 "--seed", str(band))
            vips("add", str(smooth), str(noise), str(sum_))
            smooth.unlink()
            noise.unlink()
            bands.append(str(sum_))
        wide = folder / "wide.v"
        vips("bandjoin", " ".join(bands), str(wide))
        vips("cast", str(wide), str(plain), "uchar")
        for path in [*bands, wide]:
            pathlib.Path(path).unlink()
    vips("copy", str(plain), str(file), "--interpretation", "srgb")
    return pathlib.Path(str(file).partition("[")[0])


def vips(*words: str) -> None:
    done = subprocess.run(["vips", *words], capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise Failed(f"vips {words[0]} ended with {done.returncode}: {done.stderr[-300:]}")


def in_a_row(bench: Bench) -> list[Row]:
    """200 conversions of one picture of each format in one process."""
    rows = []
    for form in FORMATS:
        file = photo(bench.folder, form, 1024)
        level = said("repeat", str(file), "200")
        grown = (level["last"] - level["first"]) / 2**20
        rows.append(at_most("s", f"200 {form} pictures in a row, RSS added after the first", grown, 8,
                            "MiB", f"{level['first'] / 2**20:.1f} MiB after the first"))
    return rows


ROWS = {
    "r": ("pictures to 512 pixels", pictures),
    "s": ("200 pictures in a row", in_a_row),
}
