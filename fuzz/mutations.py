"""Seeded mutations of bytes."""

import random

#: Pieces that parsers treat specially. They are inserted and put in the place of others.
PIECES = [
    b"\0", b"\r\n", b"\n\n", b"\xff", b"\xc3", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b'"', b"\\", b"\\u0000", b"\\ud800", b"\\u", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true",
    b"-0", b"1e999", b"-1e999", b"1e-999", b"9223372036854775807", b"-9223372036854775808",
    b"18446744073709551616", b"0.1", b"%00", b"%2f", b"%", b"..", b"//", b";", b"data: ", b"event: ",
    b"data: [DONE]\n\n", b": ping\n\n", b"\x1b[31m", b"\x1b]0;x\x07", b"=", b"&", b"*2147483647\r\n",
    b"$-1\r\n", b"$2147483647\r\n", b"e\xcc\x81" * 40, b"A" * 300, b"[" * 300, b'{"a":' * 100,
    "\u202e\u2066".encode(), b"0x10", b"+1", b" ", b"\t",
]


def mutated(random_: random.Random, text: bytes) -> bytes:
    """`text` with one to eight changes. One input in ten stays as it is."""
    if random_.random() < 0.1:
        return text
    data = bytearray(text)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 8))):
        place = random_.randrange(len(data) + 1)
        match random_.randrange(7):
            case 0:
                data[place:place] = random_.choice(PIECES)
            case 1:
                piece = random_.choice(PIECES)
                data[place:place + len(piece)] = piece
            case 2 if place < len(data):
                data[place] ^= 1 << random_.randrange(8)
            case 3:
                del data[place:place + random_.choice((1, 2, 8, 64))]
            case 4:
                length = random_.choice((1, 4, 16, 128))
                data[place:place] = data[place:place + length] * random_.choice((1, 2, 30))
            case 5:
                del data[place:]
            case _:
                other = random_.randrange(len(data) + 1)
                low, high = min(place, other), min(max(place, other), min(place, other) + 200)
                piece = data[low:high]
                del data[low:high]
                place = random_.randrange(len(data) + 1)
                data[place:place] = piece
    return bytes(data)
