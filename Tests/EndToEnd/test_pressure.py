"""A service that runs short of memory refuses with reasons, and answers every turn it accepted."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.berth import END, Answer, Berth
from support.browser import wait_for
from support.people import Person, Refused, Told, Watched, at_once
from support.queue import OwnBerth, Say, callers

#: Rungs on which no new work begins.
CLOSED = {"queue-only", "refuse-largest"}


def rung(berth: Berth) -> str | None:
    """The rung in force, or None."""
    return berth.admin("memory", "--json")["pressure"].get("rung")


def squeeze(berth: Berth) -> bool:
    """Sets a limit of which 91 % is used, and returns whether new work already waits.

    Call it repeatedly: each rung frees memory, and the next one is entered a second later.
    """
    told = berth.admin("memory", "--json")
    if told["pressure"].get("rung") in CLOSED:
        return True
    taken = max(told["base"] + told["leased"] + told["reserve"], told["rss"])
    berth.admin("memory", "--limit", f"{taken * 100 // (91 * 1024)}KiB")
    return False


def words_of(refusal: Answer | Told) -> str:
    """The message of a refusal, which must name memory and have a Retry-After header."""
    assert refusal.status in (429, 503), refusal.body
    assert float(refusal.headers["retry-after"]) > 0
    error = json.loads(refusal.body)["error"]
    words = error["message"] if isinstance(error, dict) else error
    assert "memory" in words
    return words


def test_turns_accepted_while_memory_is_short_are_answered_afterwards(
    own_berth: OwnBerth, say: Say
) -> None:
    berth = own_berth(memory={"limit": "48MiB"})
    asking = callers(berth, 6)
    people = [Person(berth, who.tenant, place) for who in asking for place in ("web", "terminal")]
    sessions = [person.session() for person in people]

    wait_for(lambda: squeeze(berth), what="the rung on which new work waits")
    turns = [
        Watched(person.send(session, f"Question {number}: what is a berth?"))
        for number, (person, session) in enumerate(zip(people, sessions, strict=True))
    ]
    wait_for(lambda: all(turn.id or turn.error for turn in turns), what="the turns' first events")
    # An API call waits for a while, and is then refused.
    told = at_once([lambda who=who: who.ask(f"And I, {who.tenant.name}?") for who in asking])
    refusals = [words_of(one) for one in told if one.status != 200]
    assert refusals, "API calls are refused while new work waits"

    berth.admin("memory", "--limit", "48MiB")
    wait_for(lambda: rung(berth) is None, what="the last rung to be left")
    wait_for(lambda: all(turn.state or turn.error for turn in turns), what="the turns' ends")
    accepted = [turn for turn in turns if turn.id]
    assert accepted, [turn.error for turn in turns]
    assert [turn.state for turn in accepted] == ["done"] * len(accepted), accepted
    assert all(turn.text for turn in accepted)
    for turn in turns:
        if turn.error:
            assert isinstance(turn.error, Refused) and words_of(turn.error.answer)
    for person, session, turn in zip(people, sessions, turns, strict=True):
        kept = [each["state"] for each in person.turns(session)]
        assert kept == (["done"] if turn.id else [])
    assert [who.ask("And now?").status for who in asking] == [200] * len(asking)

    log = berth.process.log.read_text(errors="replace")
    for name in ("trim", "shrink-cache", "drop-idle", "queue-only"):
        assert re.search(rf"entered a rung.*rung={name}\b.*regained", log), log
        assert re.search(rf"left a rung.*rung={name}\b", log), log
    say(
        f"{len(accepted)} of {len(turns)} turns were accepted and answered, "
        f"{len(refusals)} of {len(told)} calls refused: {refusals[0]}"
    )


def test_a_limit_below_the_services_own_costs_fails_the_start(tmp_path: Path) -> None:
    berth = Berth(tmp_path, {"memory": {"limit": "16MiB"}})
    berth.process.start()
    assert berth.process.child.wait(END) == 1
    output = berth.process.output()
    assert "memory.limit is 16 MiB" in output
    assert re.search(r"make it at least \d+(\.\d+)? MiB", output)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"memory": {"limit": "64MiB"}}, r"limit=\"?64 MiB.*from=\"?memory\.limit"),
        ({}, r"limit=.*from=\"?(80 % of the cgroup|no cgroup limits)"),
    ],
)
def test_the_log_gives_the_limit_and_its_reason(
    own_berth: Callable[..., Berth], settings: dict[str, Any], why: str
) -> None:
    lines = own_berth(**settings).process.output().splitlines()
    said = [line for line in lines if "memory limit" in line]
    assert len(said) == 1 and re.search(why, said[0]), lines
