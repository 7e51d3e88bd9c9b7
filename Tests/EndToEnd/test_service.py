"""The service from outside: its interfaces, its reports, stop and kill."""

import http.client
import json
import re
import subprocess
import threading
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.berth import PATIENCE, Berth, FakeOpenAI, Tenant, binary
from support.browser import wait_for
from support.queue import until_asked


def begun_turn(berth: Berth, cookie: str, text: str) -> tuple[str, str]:
    """Makes a conversation, sends `text` and waits for the first event.

    Returns the ids of the session and the turn."""
    heads = {"Cookie": cookie, "Origin": berth.url, "Content_Type": "application/json"}
    session = berth.request("/web/sessions", b"{}", "POST", **heads).json()["id"]
    found: dict[str, str] = {}

    def listen() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=PATIENCE)
        fields = {name.replace("_", "-"): value for name, value in heads.items()}
        connection.request(
            "POST", f"/web/sessions/{session}/turns", json.dumps({"text": text}), fields
        )
        try:
            for line in connection.getresponse():
                if line.startswith(b"data:") and "id" not in found:
                    found["id"] = json.loads(line[5:])["id"]
        except (OSError, http.client.HTTPException):
            pass  # the test kills the service

    threading.Thread(target=listen, daemon=True).start()
    return session, wait_for(lambda: found.get("id"), what="the turn's first event")


def test_pages_come_with_a_strict_policy_and_nothing_from_elsewhere(
    berth: Berth, tenant: Tenant
) -> None:
    for path in ("/", tenant.web.removeprefix(berth.url)):
        answer = berth.request(path)
        assert answer.status == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        page = answer.body.decode()
        assert not re.search(r'(src|href|action)="(https?:)?//', page)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style| style=| on[a-z]+=", page)
        for asset in re.findall(r'(?:src|href)="(/web/[^"]+)"', page):
            # A download is its owner's alone.
            expected = 401 if asset.startswith("/web/export") else 200
            assert berth.request(asset).status == expected
    assert (
        "access-control-allow-origin"
        not in berth.request("/", Origin="https://evil.example").headers
    )


def test_opening_a_login_link_does_not_use_it_up(berth: Berth, tenant: Tenant) -> None:
    path = tenant.web.removeprefix(berth.url)
    for _ in range(3):
        answer = berth.request(path)
        assert answer.status == 200 and "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"
    cookie = berth.log_in(tenant.web)
    assert berth.request("/web/me", Cookie=cookie).json()["tenant"] == tenant.name


def test_the_login_cookie_is_closed_to_scripts_and_other_sites(
    berth: Berth, tenant: Tenant
) -> None:
    token = tenant.web.partition("token=")[2].encode()
    answer = berth.request("/login", b"token=" + token, "POST", Origin=berth.url)
    attributes = answer.headers["set-cookie"].lower()
    assert "httponly" in attributes and "samesite=lax" in attributes


def test_login_tries_are_limited_by_address(berth: Berth, tenant: Tenant) -> None:
    token = tenant.web.partition("token=")[2]
    tries = [berth.try_token("wrong", "127.0.0.99").status for _ in range(11)]
    assert tries == [403] * 10 + [429]
    assert berth.try_token(token, "127.0.0.99").status == 429
    assert berth.try_token(token, "127.0.0.98").status == 303


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_a_change_by_cookie_needs_the_pages_own_origin(
    berth: Berth, tenant: Tenant, origin: str | None
) -> None:
    heads = {"Cookie": berth.log_in(tenant.web), "Content_Type": "application/json"}
    if origin:
        heads["Origin"] = origin
    answer = berth.request("/web/sessions", b"{}", "POST", **heads)
    assert answer.status == 403
    assert berth.request("/web/sessions", Cookie=heads["Cookie"]).json()["sessions"] == []


def test_a_foreign_host_is_misdirected(berth: Berth) -> None:
    assert berth.request("/", Host="evil.example").status == 421


def test_one_tenant_cannot_reach_anothers_conversation(berth: Berth, tenant: Tenant) -> None:
    mine = berth.log_in(tenant.web)
    session, turn = begun_turn(berth, mine, "hello")
    other = berth.log_in(berth.add_tenant(f"{tenant.name}-other").web)
    heads = {"Cookie": other, "Origin": berth.url, "Content_Type": "application/json"}
    assert berth.request(f"/web/sessions/{session}/turns", Cookie=other).status == 404
    assert berth.request(f"/web/turns/{turn}/events", Cookie=other).status == 404
    assert berth.request(f"/web/turns/{turn}/stop", b"", "POST", **heads).status == 404
    assert (
        berth.request(f"/web/sessions/{session}", b'{"title":"x"}', "PATCH", **heads).status == 404
    )
    assert berth.request(f"/web/sessions/{session}", None, "DELETE", **heads).status == 404
    assert berth.request(f"/web/sessions/{session}/turns", Cookie=mine).status == 200
    for path in ("/web/me", "/web/sessions"):
        assert berth.request(path).status == 401


@pytest.mark.parametrize("identity", ["--key", "--tenant"])
def test_the_terminal_answers_from_a_pipe(berth: Berth, tenant: Tenant, identity: str) -> None:
    who = tenant.key if identity == "--key" else tenant.name
    chat = subprocess.run(
        [binary(), "chat", identity, who, "--config", str(berth.config)],
        input="Hello Berth\n/usage\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert chat.returncode == 0, chat.stderr
    assert "demo" in chat.stdout and "requests" in chat.stdout
    assert "\x1b" not in chat.stdout, "no colours into a pipe"


def test_health_and_metrics_are_served(berth: Berth, tenant: Tenant) -> None:
    berth.client(tenant.key).chat.completions.create(
        model="berth", messages=[{"role": "user", "content": "Hello"}]
    )
    assert berth.request("/healthz").status == 200
    assert berth.request("/readyz").status == 200
    answer = berth.request("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = {f.name: f for f in text_string_to_metric_families(answer.body.decode())}
    assert any("request" in name for name in families)
    assert any(f.type == "histogram" for f in families.values())
    assert tenant.key not in answer.body.decode()


def test_a_second_service_on_the_same_data_folder_does_not_start(berth: Berth) -> None:
    second = subprocess.run(
        [binary(), "serve", "--config", str(berth.config)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert second.returncode == 1
    assert str(berth.data) in second.stderr
    assert berth.request("/healthz").status == 200


def test_a_stop_during_an_answer_is_orderly_and_the_answer_goes_on(
    own_berth: Callable[..., Berth], own_fake: Callable[..., FakeOpenAI]
) -> None:
    # The answer takes longer than a stopping service waits.
    fake = own_fake("--tokens", "30", "--token-ms", "500")
    berth = own_berth(**fake.settings("fake"))
    link = berth.add_tenant("ann").web
    session, turn = begun_turn(berth, berth.log_in(link), "Hello")
    until_asked(fake, 1)
    assert berth.stop() == 0, berth.process.output()
    berth.start()
    cookie = berth.log_in(berth.new_link("ann"))
    events = berth.request(f"/web/turns/{turn}/events", Cookie=cookie).body.decode()
    assert '"state":"done"' in events, "the events include the end of the turn"
    turns = berth.request(f"/web/sessions/{session}/turns", Cookie=cookie).json()["turns"]
    assert [(t["id"], t["state"]) for t in turns] == [(turn, "done")]
    assert turns[0]["answer"].startswith("token1 token2 ") and "token30" in turns[0]["answer"]
    assert fake.counts()["requests"] == 2


def test_kill_under_load_loses_no_acknowledged_turn(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth(uncertain={"ask_again_below": 0})
    cookies = [berth.log_in(berth.add_tenant(f"user{n}").web) for n in range(8)]
    acknowledged = [(c, *begun_turn(berth, c, "Tell me a long story")) for c in cookies]
    berth.kill()
    berth.start()
    states = []
    for cookie, session, turn in acknowledged:
        # Reads to the end, because a turn that was accepted and not asked continues.
        events = berth.request(f"/web/turns/{turn}/events", Cookie=cookie).body.decode()
        turns = berth.request(f"/web/sessions/{session}/turns", Cookie=cookie).json()["turns"]
        assert [t["id"] for t in turns] == [turn]
        states.append(turns[0]["state"])
        assert f'"{states[-1]}"' in events
    # On a slow machine the first turns may have ended before the last one began.
    assert "uncertain" in states and set(states) <= {"uncertain", "done"}
    doctor = berth.admin("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr


def test_no_secret_is_in_the_log_or_the_database(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    tenant = berth.add_tenant("ann")
    cookie = berth.log_in(tenant.web)
    berth.client(tenant.key).chat.completions.create(
        model="berth", messages=[{"role": "user", "content": "Hello"}]
    )
    berth.request("/web/me", Cookie=cookie)
    assert berth.stop() == 0
    secrets = [tenant.key, tenant.web.partition("token=")[2], cookie.partition("=")[2]]
    files = [berth.folder / "serve.log", *(f for f in berth.data.rglob("*") if f.is_file())]
    for file in files:
        content = file.read_bytes()
        for secret in secrets:
            assert secret.encode() not in content, f"{file} holds a secret"
