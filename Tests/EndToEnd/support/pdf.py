"""Reads the text of the PDFs that Chromium makes."""

import re
import zlib


def text_of_pdf(pdf: bytes) -> str:
    """The letters that a PDF of Chromium draws, by the maps of its fonts."""
    streams = {}
    for number, body in re.findall(rb"\n(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL):
        head, _, data = body.partition(b"stream\n")
        if data and b"FlateDecode" in head:
            data = zlib.decompressobj().decompress(data)
        streams[int(number)] = (head, data)
    maps = {}
    for number, (head, _) in streams.items():
        if found := re.search(rb"/ToUnicode (\d+) 0 R", head):
            maps[number] = letters(streams[int(found[1])][1])
    text = ""
    for head, data in streams.values():
        if b" Tf" not in data:
            continue
        table: dict[str, str] = {}
        for font, glyphs in re.findall(rb"/F(\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>", data):
            if font:
                table = maps.get(int(font), {})
            for code in re.findall("....", glyphs.decode()):
                text += table.get(code.upper(), "")
    return text


def letters(cmap: bytes) -> dict[str, str]:
    """The letters of the codes of a font."""
    table = {}
    source = cmap.decode()
    for part in re.findall(r"beginbfchar(.*?)endbfchar", source, re.DOTALL):
        for code, letter in re.findall(r"<(\w{4})> <(\w+)>", part):
            table[code.upper()] = bytes.fromhex(letter).decode("utf-16-be")
    for part in re.findall(r"beginbfrange(.*?)endbfrange", source, re.DOTALL):
        for first, last, letter in re.findall(r"<(\w{4})> <(\w{4})> <(\w{4})>", part):
            for offset in range(int(last, 16) - int(first, 16) + 1):
                table[f"{int(first, 16) + offset:04X}"] = chr(int(letter, 16) + offset)
    return table
