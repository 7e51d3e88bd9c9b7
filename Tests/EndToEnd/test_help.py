"""Every example of the help is run as it is printed, so that none can be wrong."""

import json
import os
import re
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from support.berth import PATIENCE, Berth, FakeOpenAI, Process, binary, free_port, is_open

#: Examples whose subject exists only sometimes, and the words of the refusal.
REFUSALS = {
    "tenant approve": "there is no request 3 that waits",
    "tenant decline": "there is no request 3 that waits",
    "queue retry": "there is no turn '5x0kd3JkQ2'",
    "queue end": "there is no turn '5x0kd3JkQ2' that waits or runs",
    # The fake provider lists other models.
    "doctor": "it does not list 'gpt-4.1-mini'",
    "queue resume": "no calls of 'openai/gpt-5' are held back",
}


def help_of(*words: str) -> str:
    return subprocess.run(
        [binary(), "help", *words], capture_output=True, text=True, timeout=PATIENCE, check=True
    ).stdout


def verbs() -> list[str]:
    """Every verb that the overview lists, in its order."""
    lines = re.findall(r"^  ([a-z]+(?: [a-z]+)?)(?= |$)", help_of(), re.MULTILINE)
    assert len(lines) > 40, lines
    return lines


def example(verb: str) -> str:
    """The example of a verb's own help, without the program whose output it reads."""
    found = re.search(r"^Example:\n  (?:.+ \| )?(.+)$", help_of(*verb.split()), re.MULTILINE)
    assert found, verb
    return found[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Berth]:
    """A service with a provider called `openai`."""
    folder = tmp_path_factory.mktemp("help")
    fake = FakeOpenAI(folder).start()
    settings = fake.settings("gpt-4.1-mini", "gpt-5")
    settings["providers"][0]["name"] = "openai"
    for model in settings["models"]["chat"]:
        model["provider"] = "openai"
    berth = Berth(folder, settings).start()
    yield berth
    assert berth.stop() == 0
    fake.process.end()


def test_every_verb_has_an_example_of_itself() -> None:
    for verb in verbs():
        words = shlex.split(example(verb))
        words = words[1:] if "=" in words[0] else words
        assert words[: 1 + len(verb.split())] == ["berth", *verb.split()]


@pytest.mark.parametrize("verb", verbs())
def test_an_example_works_as_it_stands(house: Berth, verb: str, tmp_path: Path) -> None:
    known = [t["tenant"] for t in house.admin("tenant", "list", "--json")["tenants"]]
    if verb == "tenant add":
        if "anna" in known:
            house.admin("tenant", "remove", "anna", "--yes")
    elif "anna" not in known:
        house.add_tenant("anna")
    line = example(verb)
    environment = dict(os.environ)
    words = shlex.split(line)
    if words[0].startswith("BERTH_KEY="):
        environment["BERTH_KEY"] = house.admin("tenant", "key", "anna", "--json")["key"]
        words = words[1:]
    assert words[0] == "berth"
    words[0] = binary()
    for place, word in enumerate(words):
        if word == "berth-AbCdEf":
            words[place] = house.admin("tenant", "key", "anna", "--json")["key"][:12]
        if word.startswith("127.0.0.1:"):
            words[place] = f"127.0.0.1:{free_port()}"
        if word == "/etc/berth.yaml":
            words[place] = str(house.config)
        if words[place - 1] == "--seconds":
            words[place] = "2"
    if verb == "serve":
        # Another service has a folder of its own.
        config = tmp_path / "berth.yaml"
        config.write_text(yaml.safe_dump({"data": str(tmp_path / "data")}))
        words += ["--config", str(config)]
    elif "--config" not in words and verb.split()[0] not in ("fake", "help", "simulate"):
        words += ["--config", str(house.config)]
    if verb == "serve" or verb.startswith("fake"):
        return serves(words, tmp_path)
    if "--watch" in words:
        return watches(words)
    done = subprocess.run(
        words,
        input="hello\n",
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    said = f"{line}: {done.stdout}{done.stderr}"
    if verb in REFUSALS:
        assert done.returncode == 1 and REFUSALS[verb] in said
    else:
        assert done.returncode == 0, said
        assert done.stdout.strip(), said
    if "--json" in words:
        json.loads(done.stdout)


def serves(words: list[str], folder: Path) -> None:
    """Checks that a server answers at the address of its example, and ends when it is told to."""
    port = int(words[words.index("--listen") + 1].rpartition(":")[2])
    process = Process(words, folder / "log")
    process.start()
    process.wait_until(lambda: is_open(port), "listens")
    assert process.end() == 0, process.output()


def watches(words: list[str]) -> None:
    """Checks that a verb prints again and again until Ctrl-C."""
    with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
        timer = threading.Timer(PATIENCE, child.kill)
        timer.start()
        seen = b""
        while seen.count(b"resident (RSS)") < 2:
            part = os.read(child.stdout.fileno(), 1 << 16)
            assert part, seen
            seen += part
        child.send_signal(signal.SIGINT)
        child.stdout.read()
        timer.cancel()
    assert child.returncode == 0


def test_run_prints_commands_that_work_as_they_stand(tmp_path: Path) -> None:
    """From another folder, with a configuration whose name has a space."""
    (tmp_path / "my folder").mkdir()
    config = tmp_path / "my folder" / "my berth.yaml"
    config.write_text(
        yaml.safe_dump({"listen": f"127.0.0.1:{free_port()}", "data": str(tmp_path / "data")})
    )
    script = Path(__file__).parents[2] / "scripts" / "run"
    log = tmp_path / "log"
    with log.open("wb") as out:
        run = subprocess.Popen(
            [script, "--config", f"my folder/{config.name}"],
            cwd=tmp_path,
            env=os.environ | {"BERTH_BIN": binary(), "BERTH_TENANT": "anna"},
            stdout=out,
            stderr=out,
        )
    try:
        process = Process([str(script)], log, run)
        process.wait_until(lambda: "Stop with Ctrl-C." in log.read_text(), "is ready")
        said = log.read_text()
        assert "/login?token=" in said
        for label, word, answer in [
            ("In a terminal", "", "demo"),
            ("More people", "bob", "bob is added"),
            ("Is all well", "", "running"),
        ]:
            line = re.search(rf"^{label}: +(.+)$", said, re.MULTILINE)[1].replace("NAME", word)
            done = subprocess.run(
                ["bash", "-c", line],
                cwd="/",
                input="hello\n",
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert done.returncode == 0 and answer in done.stdout, f"{line}: {done}"
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait(PATIENCE)
    assert run.returncode == 0, log.read_text()


JSON_VERBS: list[tuple[tuple[str, ...], Callable[[object], bool]]] = [
    (("version",), lambda it: it == {"version": "0.1.0"}),
    (("--version",), lambda it: it == {"version": "0.1.0"}),
    (("config", "check"), lambda it: it["warnings"] == [] and it["unused"] == []),
    (("tenant", "suspend", "anna"), lambda it: it["state"] == "suspended"),
    (("tenant", "resume", "anna"), lambda it: it["state"] == "active"),
    (("tenant", "rename", "anna", "张伟"), lambda it: it["display"] == "张伟"),
    (("tenant", "logins", "anna"), lambda it: it["logins"] == []),
]


@pytest.mark.parametrize(("words", "fits"), JSON_VERBS)
def test_json_is_json(
    house: Berth, words: tuple[str, ...], fits: Callable[[object], bool]
) -> None:
    if all(t["tenant"] != "anna" for t in house.admin("tenant", "list", "--json")["tenants"]):
        house.add_tenant("anna")
    end = [] if words == ("--version",) else ["--config", str(house.config)]
    done = subprocess.run(
        [binary(), *words, "--json", *end],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert fits(json.loads(done.stdout)), done.stdout


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["tenant", "show", "nobody"], 1, "there is no tenant 'nobody'"),
        (["tenant", "rename", "anna", "two\nlines"], 1, "one line of at most 128 bytes"),
        (["tenant", "add", "Anna"], 1, "is not a valid name"),
        (["tenant", "logout", "anna", "00000000"], 1, "has no such login"),
        (["tenant", "shwo", "anna"], 2, "did you mean 'show'?"),
        (["usage", "--days", "0"], 2, "is not a whole number"),
    ],
)
def test_an_error_is_json_too(house: Berth, words: list[str], status: int, reason: str) -> None:
    if all(t["tenant"] != "anna" for t in house.admin("tenant", "list", "--json")["tenants"]):
        house.add_tenant("anna")
    done = house.admin(*words, "--json", check=False)
    assert done.returncode == status
    assert reason in json.loads(done.stdout)["error"]["message"]
    assert reason in done.stderr
