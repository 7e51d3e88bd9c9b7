"""Values whose size or whose number of parts somebody else decides: a client or an upstream."""

import gzip
import random

#: Values that are repeated in a list.
ELEMENTS = [b"1", b"null", b"-1.5e10", b"[]", b"{}", b'""', b'{"a":1}', b'"a"', b'{"type":"text","text":"a"}',
            b'{"index":0,"delta":{"content":"a"}}', b'{"index":1,"id":"t","function":{"arguments":"a"}}']

#: Pieces that are repeated in a string.
LETTERS = [b"a", b"word ", b"\\n", b"\\u0001", b"\\ud83d\\ude00", b'\\"', "\u00e9".encode(), "e\u0301".encode(),
           b"https://a.b/ ", b"sk-a ", b"try again in ", b"<p>", b" ",
           # Swift compares such characters in a time that grows with the square of their length.
           "\u0301\u0316".encode()]


def size(random_: random.Random) -> int:
    """From 256 bytes to 1 MiB, each power of two as often as any other."""
    return int(2 ** random_.uniform(8, 20))


def many(piece: bytes, bytes_: int, between: bytes = b"") -> bytes:
    return between.join([piece] * max(1, bytes_ // (len(piece) + len(between))))


def value(random_: random.Random, bytes_: int) -> bytes:
    """A JSON value of about so many bytes."""
    match random_.randrange(6):
        case 0 | 1:
            return b'"' + many(random_.choice(LETTERS), bytes_) + b'"'
        case 2:
            escape = random_.choice((b"", b"\\u0061"))
            count = max(1, min(4096, bytes_ // (10 + len(escape))))
            return b"{" + b",".join(b'"%s%04x":0' % (escape, number) for number in range(count)) + b"}"
        case 3:
            depth = random_.choice((1, 8, 50))
            return b"[" * depth + value(random_, bytes_) + b"]" * depth if depth < 50 else (
                b"[" * depth + many(b"[]", bytes_, b",") + b"]" * depth)
        case 4:
            return b'{"a":' + many(b" ", bytes_) + b"1}"
        case _:
            return b"[" + many(random_.choice(ELEMENTS), bytes_, b",") + b"]"


def request(random_: random.Random, model: str) -> bytes:
    """The body of a request with one large member."""
    more, content = value(random_, size(random_)), b'"question %f"' % random_.random()
    stream = random_.choice((b"true", b"false"))
    member = random_.choice(
        (b"content", b"metadata", b"x", b"tools", b"stop", b"logit_bias", b"messages", b"response_format"))
    if member == b"content":
        content, member = more, b"x"
        more = b"1"
    if member == b"messages":
        message = b'{"role":"user","content":%s}' % content
        messages = many(message, min(len(more), 200_000), b",")
        return b'{"model":"%s","stream":%s,"messages":[%s]}' % (model.encode(), stream, messages)
    return b'{"model":"%s","stream":%s,"messages":[{"role":"user","content":%s}],"%s":%s}' % (
        model.encode(), stream, content, member, more)


def answer(random_: random.Random, is_stream: bool) -> bytes:
    """An upstream's answer with one large part, or of very many."""
    more, delta = value(random_, size(random_)), b"delta" if is_stream else b"message"
    call = b'{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":%s}}]}'
    forms = [b'{"content":%s}', b'{"content":"a","x":%s}', b'{"reasoning_content":%s}', b'{"tool_calls":%s}',
             call, b'{"content":"a","annotations":%s}']
    match random_.randrange(10):
        case 0:
            body = b'{"error":{"message":%s}}' % more
        case 1:
            body = b'{"choices":%s}' % more
        case 2:
            body = b'{"choices":[{"index":0,"%s":{"content":"a"}}],"usage":%s}' % (delta, more)
        case 3:
            status = random_.choice(("400 Bad", "429 Slow", "503 Away"))
            return http(random_.choice((more, b'{"error":%s}' % more, more.strip(b'"'))), status)
        case 4:
            return http(random_.choice((more, more.strip(b'"'), b"<html>" + more, b"NaN" + more)))
        case 5 if is_stream:
            lines = (b"\n", b":\n", b"data:\n\n", b"data: {}\n\n", b"data: 1\n", b"\r",
                     b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n')
            return events(many(random_.choice(lines), size(random_)) + b"\n\n")
        case 6:
            head = many(random_.choice((b"a:\r\n", b"x-ratelimit-reset-a: 1s\r\n")), 50_000).decode()
            return http(b'{"error":{"message":"a"}}', random_.choice(("200 OK", "429 Slow")), head)
        case _:
            body = b'{"choices":[{"index":0,"%s":%s}]}' % (delta, random_.choice(forms) % more)
    end = b'{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
    if is_stream:
        return events(b"data: " + body + b"\n\ndata: " + end + b"\n\ndata: [DONE]\n\n")
    if random_.random() < 0.2:
        return http(gzip.compress(body, 1), head="Content-Encoding: gzip\r\n")
    return http(body)


def http(body: bytes, status: str = "200 OK", head: str = "") -> bytes:
    return (f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{head}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body


def events(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + body
