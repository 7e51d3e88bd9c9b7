"""The operator's verbs: keys and logins taken back, and a service asked without its secrets."""

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import openai
import pytest
import yaml
from support.berth import PATIENCE, Berth, FakeOpenAI

OwnBerth = Callable[..., Berth]
OwnFake = Callable[..., FakeOpenAI]

QUESTION = [{"role": "user", "content": "hello"}]


def test_a_revoked_key_ends_at_once_also_under_a_stream(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--token-ms", "50", "--tokens", "100000")
    berth = own_berth(**fake.settings("fake"))
    ann = berth.add_tenant("ann")
    second = berth.admin("tenant", "key", "ann", "--json")["key"]
    listed = berth.admin("tenant", "keys", "ann", "--json")
    assert listed["tenant"] == "ann"
    assert [key["hint"] for key in listed["keys"]] == [ann.key[:12], second[:12]]
    assert all(key["created_ms"] > 0 for key in listed["keys"])
    table = berth.admin("tenant", "keys", "ann")
    assert ann.key[:12] in table and ann.key not in table

    stream = iter(
        berth.client(second).chat.completions.create(model="berth", messages=QUESTION, stream=True)
    )
    next(stream)
    assert fake.stats()["running"] == 1
    said = berth.admin("tenant", "revoke", "ann", second[:12])
    assert "is revoked" in said and second not in said
    with pytest.raises((openai.APIError, httpx.HTTPError)):
        for _ in stream:
            pass
    with pytest.raises(openai.AuthenticationError):
        berth.client(second).models.list()
    assert berth.client(ann.key).models.list().data
    fake.process.wait_until(lambda: fake.stats()["running"] == 0, "is not asked any more")
    usage = berth.admin("usage", "--json")["usage"]
    assert [line["reserved_tokens"] for line in usage] == [0]

    unknown = berth.admin("tenant", "revoke", "ann", second, check=False)
    assert unknown.returncode == 1
    assert "has no such key" in unknown.stderr and second not in unknown.stderr
    assert berth.admin("tenant", "revoke", "ann", check=False).returncode == 2
    gone = berth.admin("tenant", "revoke", "ann", "--all", "--json")
    assert [key["hint"] for key in gone["revoked"]] == [ann.key[:12]]
    with pytest.raises(openai.AuthenticationError):
        berth.client(ann.key).models.list()
    assert berth.admin("tenant", "keys", "ann", "--json")["keys"] == []


def test_a_login_that_is_ended_loses_its_page_and_keeps_its_answer(
    own_berth: OwnBerth, own_fake: OwnFake
) -> None:
    fake = own_fake("--delay-ms", "200", "--token-ms", "10", "--tokens", "100")
    berth = own_berth(**fake.settings("fake"))
    ann = berth.add_tenant("ann")
    headers = {"Cookie": berth.log_in(ann.web), "Origin": berth.url}
    with httpx.Client(base_url=berth.url, headers=headers, timeout=PATIENCE) as page:
        session = page.post("/web/sessions", json={}).json()["id"]
        left = threading.Event()
        with page.stream("POST", f"/web/sessions/{session}/turns", json={"text": "hi"}) as events:
            lines = events.iter_lines()
            assert next(lines) == "event: turn"
            assert berth.admin("tenant", "logout", "ann", "--json") == {"tenant": "ann", "logins": 1}
            with pytest.raises(httpx.HTTPError):
                for _ in lines:
                    pass
            left.set()
        assert left.is_set()
        assert page.get("/web/me").status_code == 401
    headers["Cookie"] = berth.log_in(berth.new_link("ann"))
    with httpx.Client(base_url=berth.url, headers=headers, timeout=PATIENCE) as page:
        path = f"/web/sessions/{session}/turns"
        berth.process.wait_until(
            lambda: page.get(path).json()["turns"][0]["state"] == "done", "has answered"
        )


def test_logins_and_revoked_keys_survive_a_kill(own_berth: OwnBerth) -> None:
    berth = own_berth()
    ann = berth.add_tenant("ann")
    kept, ended = berth.log_in(ann.web), berth.log_in(berth.new_link("ann"))
    assert berth.request("/logout", b"", Cookie=ended, Origin=berth.url).status == 204
    berth.admin("tenant", "revoke", "ann", "--all")
    berth.kill()
    berth.start()
    assert berth.request("/web/me", Cookie=kept).status == 200
    assert berth.request("/web/me", Cookie=ended).status == 401
    assert berth.request("/v1/models", Authorization=f"Bearer {ann.key}").status == 401


def test_a_running_service_is_asked_without_its_secrets(
    own_berth: OwnBerth, tmp_path: Path
) -> None:
    """As under systemd: the provider's key is in the service's environment alone."""
    berth = own_berth()
    ann = berth.add_tenant("ann")
    settings = yaml.safe_load(berth.config.read_text())
    settings["providers"] = [{"name": "openai", "kind": "openai", "api_key": "${UNSET_KEY}"}]
    settings["memory"] = {"limit": "nonsense"}
    berth.config.write_text(yaml.safe_dump(settings))
    for verb in (
        ["memory"],
        ["tenant", "list"],
        ["tenant", "keys", "ann"],
        ["queue"],
        ["usage"],
        ["cache", "stats"],
        ["quota", "show"],
    ):
        assert berth.admin(*verb, "--json"), verb
    for words in (["chat", "--tenant", "ann"], ["chat", "--key", ann.key]):
        done = berth.admin(*words, check=False)
        assert "UNSET_KEY" not in done.stderr, done.stderr
        assert done.returncode == 0, done.stderr
    for verb in (["config", "check"], ["serve"]):
        refused = berth.admin(*verb, check=False)
        assert refused.returncode == 1
        assert "UNSET_KEY is not set" in refused.stderr
