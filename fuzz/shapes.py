"""Streams of chat completions in the shapes of the vendors, with random words and random accidents."""

import functools
import json
import random
import re
from dataclasses import dataclass, field
from typing import Any

#: The members that vendors add to a chunk, and those that they add to a choice.
VENDORS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "OpenAI": ({"service_tier": "default", "system_fingerprint": "fp_1", "obfuscation": "xY"}, {"logprobs": None}),
    "Azure": ({"system_fingerprint": "fp_1"}, {"content_filter_results": {"hate": {"filtered": False}}}),
    "Google": ({"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 9}}, {}),
    "Mistral": ({"p": "abcdef"}, {}),
    "DeepSeek": ({"system_fingerprint": "fp_1", "usage": None}, {"logprobs": None}),
    "xAI": ({"system_fingerprint": "fp_1", "citations": ["https://a.example"]}, {}),
    "Groq": ({"x_groq": {"id": "req_1"}}, {"logprobs": None}),
    "OpenRouter": ({"provider": "Some"}, {"native_finish_reason": None, "logprobs": None}),
    "Together": ({"prompt": []}, {"seed": None, "text": ""}),
    "Ollama": ({"system_fingerprint": "fp_ollama"}, {}),
    "llama.cpp": ({"timings": {"prompt_n": 1, "predicted_ms": 1.5}}, {}),
    "vLLM": ({"prompt_token_ids": None}, {"logprobs": None, "stop_reason": None, "token_ids": None}),
    "LM Studio": ({"stats": {}}, {"logprobs": None}),
}

#: Words of an answer, among them those that a careless reader takes for something else.
WORDS = [
    "word", "Wort", "слово", "单词", "😀", "👩‍👩‍👧", "e\u0301", "\u200f\u05e9", "a\nb", "\n\n", "\r\n", "\t", " ", "  ",
    "[DONE]", "data: x", "data: [DONE]\n\n", ": ping", "event: error", '{"error":"x"}', '"', "\\", "\\n", "\\u0041",
    "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x00", "\x7f", "\ufeff", "\ufffd", "\uffff", "</s>", "/", "NaN",
    "null", "0", "𝒳" * 5, "z" * 3000,
]

#: A part of a text that is too large for the loop.
HUGE = "é" * 40_000

#: Values in the place of others.
ODD: list[Any] = [
    None, "", "x", "0", 0, 1, -1, 7, 2**31, 2**70, 1.5, 0.0, True, False, [], {}, [None], [{}], [[]], {"a": 1},
    {"content": "x"}, float("nan"), "stop", "\ud800", "\udc00", [{"type": "text", "text": "x"}],
]

#: Members that stand beside those of the vendors. A few of them are errors of one vendor or another.
BESIDE: list[tuple[str, Any]] = [
    ("error", None), ("error", {}), ("error", ""), ("error", []), ("error", 0), ("error", False),
    ("error", {"message": "no"}), ("error", "no"), ("detail", "no"), ("code", 200), ("message", "fine"),
    ("message", {"content": "x"}), ("text", "x"), ("object", "error"), ("error_code", 0), ("type", "ping"),
    ("usage", None), ("usage", {}), ("usage", {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),
    ("content", "x"), ("choices", None), ("choices", []), ("delta", None), ("x", "y" * 2000), ("x", [[[[1]]]]),
    ("", 1), ("content", None), ("reasoning_content", "hm"), ("reasoning", None), ("refusal", None),
    ("tool_calls", None), ("tool_calls", []), ("function_call", None), ("audio", None), ("annotations", []),
    ("\u00e9", 1), ("role", None), ("role", ""), ("finish_reason", None), ("index", None), ("logprobs", {"content": []}),
]


#: Members that are deep or have a long name.
BEYOND: list[tuple[str, Any]] = [
    ("deep", functools.reduce(lambda inner, _: [inner], range(80), 1)), ("n" * 1100, 1),
]


class Pairs(dict):
    """An object that is written with one member twice."""

    more: tuple[str, Any] = ("", None)
    isFirst = False

    def items(self):
        return [self.more, *super().items()] if self.isFirst else [*super().items(), self.more]


@dataclass
class Event:
    """One server-sent event, or other lines between two events."""

    data: Any = None
    text: str | None = None
    fields: list[str] = field(default_factory=list)


def words(random_: random.Random) -> list[str]:
    """The parts of a text. A part may end within a character, with half of its surrogate pair."""
    text = "".join(random_.choice(WORDS) if random_.random() < 0.4 else "ab c" for _ in range(random_.randrange(1, 8)))
    if random_.random() < 0.002:
        text += HUGE
    parts, units = [], list(text.encode("utf-16-le", "surrogatepass"))
    splits = random_.random() < 0.3
    while units:
        size = 2 * random_.choice((1, 2, 3, 5, 8, 2000, 60_000 if len(units) > 10_000 else 4))
        part = bytes(units[:size]).decode("utf-16-le", "surrogatepass")
        if not splits and part and "\ud800" <= part[-1] <= "\udbff":
            size += 2
        parts.append(bytes(units[:size]).decode("utf-16-le", "surrogatepass"))
        units = units[size:]
    return parts


def stream(random_: random.Random) -> list[Event]:
    """The events of a good answer of some vendor."""
    vendor = random_.choice(list(VENDORS))
    top, inner = VENDORS[vendor]
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1760000000, "model": "m"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}

    def chunk(delta: dict[str, Any] | None, reason: str | None = None, index: int = 0, **more: Any) -> Event:
        choice = {"index": index, "delta": delta, "finish_reason": reason} | inner
        return Event(head | top | {"choices": [choice]} | more)

    events: list[Event] = []
    if vendor == "Azure":
        events.append(Event({"choices": [], "created": 0, "id": "", "model": "", "object": "",
                             "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}))
    if random_.random() < 0.7:
        events.append(chunk({"role": "assistant", "content": random_.choice(("", None))}))
    if random_.random() < 0.2:
        name = random_.choice(("reasoning_content", "reasoning"))
        events += [chunk({"content": random_.choice((None, "")), name: part}) for part in words(random_)]
    count = random_.choice((1, 1, 1, 1, 1, 1, 2, 3))
    said = [chunk({"content": part}, index=index) for index in range(count) for part in words(random_)]
    if count > 1 and random_.random() < 0.5:
        said = shuffled(random_, said)
    events += said
    if random_.random() < 0.1:
        call = {"index": 0, "id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a":"1"}'}}
        events.append(chunk({"tool_calls": [call]}))
    reasons = ["stop", "length", "tool_calls", "content_filter", "eos", "STOP", "max_tokens"]
    reason = random_.choice(reasons) if random_.random() < 0.3 else "stop"
    ends = [chunk(random_.choice(({}, {"content": ""}, {"content": None}, {"content": " end"})), reason, index)
            for index in range(count)]
    events += [merged(ends)] if count > 1 and random_.random() < 0.3 else ends
    match random_.randrange(4):
        case 0:
            events.append(Event(head | top | {"choices": [], "usage": usage}))
        case 1:
            events[-1].data["usage"] = usage
        case 2:
            events.append(chunk({"role": "assistant", "content": ""}, usage=usage))
    if random_.random() < 0.9:
        events.append(Event(text="[DONE]"))
    return events


def shuffled(random_: random.Random, events: list[Event]) -> list[Event]:
    """Mixes the events of several choices, each choice in its own order."""
    rest = {}
    for event in events:
        rest.setdefault(event.data["choices"][0]["index"], []).append(event)
    out = []
    while rest:
        index = random_.choice(list(rest))
        out.append(rest[index].pop(0))
        if not rest[index]:
            del rest[index]
    return out


def merged(events: list[Event]) -> Event:
    """One event with the choices of all."""
    return Event(events[0].data | {"choices": [choice for event in events for choice in event.data["choices"]]})


# MARK: Accidents

def accident(random_: random.Random, events: list[Event]) -> None:
    """Changes one event, or their order."""
    place = random_.randrange(len(events))
    event = events[place]
    match random_.randrange(12):
        case 0:
            del events[place]
        case 1:
            events.insert(place, Event(event.data, event.text))
        case 2:
            events.append(events.pop(place))
        case 3:
            more = random_.choice((
                Event(text=""), Event(text=" "), Event(text="[DONE]"), Event(text="null"), Event(text="[]"),
                Event(text="{}"), Event({"type": "ping"}), Event({"choices": []}), Event({"choices": None})))
            events.insert(place, more)
        case 4:
            event.fields.append(random_.choice((
                "id: 7", "id", "id:", "retry: 100", "retry: x", "event: ping", "event: message", "event",
                "event: error", ": comment", ":", ": data: x", "foo: bar", "foo", "Data: x", " data: x", "data")))
        case 5 if event.data is not None:
            # Two objects in one event, or words after one.
            event.text = json.dumps(event.data) + random_.choice((json.dumps(event.data), " ", "\n", "x", ","))
        case _:
            if event.data is not None:
                event.data = wrecked(random_, json.loads(json.dumps(event.data)))


def wrecked(random_: random.Random, value: Any) -> Any:
    """`value` with one member changed, added, removed or written twice."""
    path, here = [], value
    while isinstance(here, (dict, list)) and here and random_.random() < 0.85:
        key = random_.choice(list(here)) if isinstance(here, dict) else random_.randrange(len(here))
        if isinstance(here, dict) and "choices" in here and random_.random() < 0.6:
            key = "choices"
        path.append((here, key))
        here = here[key]
    if not path:
        return value
    holder, key = path[-1]
    if isinstance(holder, list):
        match random_.randrange(4):
            case 0:
                holder.insert(key, random_.choice(ODD))
            case 1:
                holder.append(holder[key])
            case 2:
                del holder[key]
            case _:
                holder[key] = random_.choice(ODD)
        return value
    match random_.randrange(6):
        case 0:
            del holder[key]
        case 1:
            holder[key] = random_.choice(ODD)
        case 2:
            twice = Pairs(holder)
            twice.more, twice.isFirst = (key, random_.choice(ODD)), random_.random() < 0.7
            if len(path) == 1:
                return twice
            outer, name = path[-2]
            outer[name] = twice
        case 3:
            holder[random_.choice(("Content", "delta", "text", "message", key + "s"))] = holder.pop(key)
        case _:
            name, odd = random_.choice(BESIDE if random_.random() < 0.98 else BEYOND)
            holder[name] = odd
    return value


# MARK: Bytes

STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def json_text(random_: random.Random, data: Any) -> str:
    """The object as JSON, in one of the ways in which it may be written."""
    ascii_ = random_.random() < 0.5 or bool(re.search(r"\\ud[89a-f]", json.dumps(data)))
    spaces = random_.choice(((",", ":"), (", ", ": "), (" ,", " : ")))
    indent = random_.choice((None,) * 12 + (0, 1, "\t"))
    text = json.dumps(data, ensure_ascii=ascii_, separators=spaces, indent=indent)
    if random_.random() < 0.1:
        text = STRING.sub(lambda found: escaped(random_, found[0]), text)
    return text


def escaped(random_: random.Random, quoted: str) -> str:
    """A string with one of its characters written as an escape."""
    places = [at for at in range(1, len(quoted) - 1)
              if quoted[at] not in '"\\' and quoted[at - 1] != "\\" and "\\u" not in quoted[max(0, at - 5):at]]
    if not places or random_.random() < 0.5:
        return quoted
    at = random_.choice(places)
    code = ord(quoted[at])
    if code > 0xFFFF:
        return quoted
    new = "\\/" if quoted[at] == "/" else f"\\u{code:04{random_.choice('xX')}}"
    return quoted[:at] + new + quoted[at + 1:]


def written(random_: random.Random, events: list[Event]) -> bytes:
    """The events as a stream of bytes, with one kind of line ends or several."""
    end = random_.choice(("\n",) * 6 + ("\r\n", "\r\n", "\r", ""))
    colon = random_.choice(("data: ",) * 6 + ("data:",))
    lines: list[str] = []
    for event in events:
        if random_.random() < 0.03:
            lines += random_.choice(([": ping", ""], [": ping"], [": OPENROUTER PROCESSING", ""], [""]))
        text = json_text(random_, event.data) if event.text is None else event.text
        data = [colon + line for line in text.split("\n")]
        place = random_.choice((0, len(data)))
        lines += [*data[:place], *event.fields, *data[place:], ""]
        if random_.random() < 0.01:
            lines.pop()  # the next event is glued to this one
    if random_.random() < 0.05:
        lines.pop()
    out = "".join(line + (end or random_.choice(("\n", "\r\n", "\r"))) for line in lines).encode()
    if random_.random() < 0.03:
        out = b"\xef\xbb\xbf" + out
    if random_.random() < 0.03:
        out = out.rstrip(b"\r\n")
    return out
