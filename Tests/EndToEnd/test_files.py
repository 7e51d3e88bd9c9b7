"""Files: uploads and their links, a full disk, cleanups, kills."""

import contextlib
import ctypes
import hashlib
import http.client
import json
import os
import resource
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.berth import PATIENCE, Answer, Berth

MIB = 1 << 20


def upload(berth: Berth, cookie: str, body: bytes, kind: str = "image/png") -> Answer:
    headers = {"Cookie": cookie, "Origin": berth.url, "Content-Type": kind}
    return berth.request("/web/files", body, method="POST", **headers)


def log_in(berth: Berth, name: str = "ann") -> str:
    return berth.log_in(berth.add_tenant(name).web)


def eventually(probe: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not probe():
        assert time.monotonic() < deadline, f"not yet: {what}"
        time.sleep(0.05)


def contents(berth: Berth) -> list[Path]:
    """All contents and temporary files on the disk."""
    return sorted(path for path in (berth.data / "files").rglob("*") if path.is_file())


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Makes a folder read-only, for root too."""
    libc = ctypes.CDLL(None, use_errno=True)
    bind, remount, read_only, detach = 4096, 32, 1, 2  # MS_BIND, MS_REMOUNT, MS_RDONLY, MNT_DETACH
    name = bytes(folder)
    if libc.mount(name, name, None, bind, None) != 0:
        pytest.skip(f"cannot mount a folder: {os.strerror(ctypes.get_errno())}")
    try:
        assert libc.mount(None, name, None, bind | remount | read_only, None) == 0
        yield
    finally:
        libc.umount2(name, detach)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file system of its own of 16 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=16m") != 0:
        pytest.skip(f"cannot mount a file system: {os.strerror(ctypes.get_errno())}")
    yield folder
    assert libc.umount2(bytes(folder), 2) == 0  # MNT_DETACH


@pytest.fixture
def cramped(small_disk: Path, tmp_path: Path) -> Iterator[Berth]:
    """A service whose data is on the small disk, and which does not clean up by itself so soon."""
    files = {"high_water": "99%", "low_water": "50%"}
    service = Berth(tmp_path, {"data": str(small_disk / "data"), "files": files})
    service.data = small_disk / "data"
    service.start()
    yield service
    assert service.stop() == 0, service.process.output()


def fill(folder: Path) -> None:
    """Takes the rest of the disk to the last byte, as another program may."""
    filler = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while os.write(filler, bytes(4096)):
            pass
    os.close(filler)


def open_session(berth: Berth, cookie: str) -> str:
    """Opens a conversation and returns its path."""
    headers = {"Cookie": cookie, "Origin": berth.url, "Content-Type": "application/json"}
    made = berth.request("/web/sessions", b"{}", method="POST", **headers)
    assert made.status == 201, made.body
    return f"/web/sessions/{made.json()['id']}"


def say(berth: Berth, cookie: str, session: str, text: str) -> Answer:
    """Sends a message to a conversation and returns the whole answer."""
    headers = {"Cookie": cookie, "Origin": berth.url, "Content-Type": "application/json"}
    body = json.dumps({"text": text}).encode()
    return berth.request(f"{session}/turns", body, method="POST", **headers)


def ask(berth: Berth, cookie: str) -> str:
    """Sends a chat message and returns the events of its answer."""
    answer = say(berth, cookie, open_session(berth, cookie), "hello")
    assert answer.status == 200, answer.body
    return answer.body.decode()


def assert_sound(berth: Berth, cookie: str) -> None:
    """Checks that the database is sound, and that disk and database have the same files."""
    with contextlib.closing(sqlite3.connect(f"file:{berth.data / 'berth.db'}?mode=ro", uri=True)) as rows:
        assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        hashes = {name.hex() for (name,) in rows.execute("SELECT hash FROM file")}
    assert {path.name for path in contents(berth)} == hashes
    for path in contents(berth):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    listed = berth.request("/web/files", Cookie=cookie).json()["files"]
    assert all(berth.request(file["path"], Cookie=cookie).status == 200 for file in listed)


def test_a_full_disk_is_survived_and_cleaned(cramped: Berth, small_disk: Path) -> None:
    cookie = log_in(cramped)
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is there")
    statuses = []
    while 507 not in statuses and len(statuses) < 40:
        statuses.append(upload(cramped, cookie, os.urandom(MIB)).status)
    assert statuses[0] == 201 and statuses[-1] == 507 and 413 not in statuses
    assert not list((cramped.data / "files" / "tmp").iterdir())

    fill(small_disk)
    eventually(lambda: "ballast is released" in cramped.process.output(), "the ballast gives way")
    for _ in range(3):
        assert '"state":"done"' in ask(cramped, cookie)
    refused = upload(cramped, cookie, b"x" * 1000)
    assert refused.status == 507
    assert "no room" in refused.json()["error"]["message"]
    first = cramped.admin("files", "--json")["tenants"][0]
    assert first["tenant"] == "ann" and first["files"] >= 5
    assert cramped.admin("doctor", check=False).returncode == 1

    plan = cramped.admin("cleanup", "--older-than", "0s", "--json")
    assert not plan["applied"] and len(plan["files"]) == first["files"]
    assert all(Path(file["path"]).exists() for file in plan["files"])
    done = cramped.admin("cleanup", "--older-than", "0s", "--apply", "--json")
    assert done["applied"] and done["files"] == plan["files"] and done["bytes"] == plan["bytes"]
    assert not any(Path(file["path"]).exists() for file in done["files"])
    assert cramped.admin("files", "--json")["tenants"][0]["files"] == 0

    (small_disk / "filler").unlink()
    assert upload(cramped, cookie, os.urandom(MIB)).status == 201
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is restored")
    assert '"state":"done"' in ask(cramped, cookie)
    doctor = cramped.admin("doctor", "--json")["checks"]
    assert all(check["ok"] for check in doctor), doctor


def test_a_full_disk_fails_the_probe_with_the_reason(cramped: Berth, small_disk: Path) -> None:
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is there")
    fill(small_disk)
    eventually(lambda: "ballast is released" in cramped.process.output(), "the ballast gives way")
    assert cramped.request("/readyz").status == 200, "the ballast's room is the database's"

    (small_disk / "filler").rename(small_disk / "another")
    fill(small_disk)
    eventually(lambda: cramped.request("/readyz").status == 503, "the probe fails")
    assert cramped.request("/readyz").body == b"not ready: the disk of the data folder is full\n"
    assert cramped.request("/healthz").status == 200, "a restart would not help"
    said = json.loads(cramped.admin("doctor", "--json", check=False).stdout)["checks"]
    found = {check["check"]: check for check in said}
    assert not found["disk"]["ok"] and not found["service"]["ok"]
    assert "it is full, and requests fail: make room on it" in found["disk"]["says"]
    assert "the disk of the data folder is full" in found["service"]["says"]
    for name in ("filler", "another"):
        (small_disk / name).unlink()
    eventually(lambda: cramped.request("/readyz").status == 200, "the probe is well again")


def test_pictures_on_a_full_disk(cramped: Berth, small_disk: Path) -> None:
    cookie = log_in(cramped)
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is there")
    session = open_session(cramped, cookie)
    assert '"state":"done"' in say(cramped, cookie, session, "/image a cat").body.decode()
    assert len(contents(cramped)) == 2, "a picture and its thumbnail"

    fill(small_disk)
    eventually(lambda: "ballast is released" in cramped.process.output(), "the ballast gives way")
    for prompt in ("/image a dog", "/image --n 3 a bird"):
        refused = say(cramped, cookie, open_session(cramped, cookie), prompt).body.decode()
        assert "no room" in refused and '"state":"done"' not in refused, refused
        assert '"state":"done"' in ask(cramped, cookie)
    assert_sound(cramped, cookie)
    assert len(contents(cramped)) == 2
    gone = cramped.request(session, method="DELETE", Cookie=cookie, Origin=cramped.url)
    assert gone.status == 204, gone.body
    plan = cramped.admin("cleanup", "--json")
    assert [file["why"] for file in plan["files"]] == ["its conversation was deleted"] * 2
    assert cramped.admin("cleanup", "--apply", "--json")["files"] == plan["files"]
    assert not contents(cramped)

    (small_disk / "filler").unlink()
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is restored")
    session = open_session(cramped, cookie)
    assert '"state":"done"' in say(cramped, cookie, session, "/image a dog").body.decode()
    assert_sound(cramped, cookie)


def test_a_disk_that_fills_up_while_all_is_under_way(cramped: Berth, small_disk: Path) -> None:
    cookie = log_in(cramped)
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is there")
    sessions = [open_session(cramped, cookie) for _ in range(4)]
    statuses: list[int] = []

    def work(session: str) -> None:
        for turn in range(4):
            statuses.append(upload(cramped, cookie, os.urandom(MIB)).status)
            statuses.append(say(cramped, cookie, session, f"/image --size 512x512 {turn}").status)
            statuses.append(say(cramped, cookie, session, "hello").status)

    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    fill(small_disk)
    for thread in threads:
        thread.join()
    # Until the ballast gives way, nothing can be written.
    assert len(statuses) == 48 and set(statuses) <= {200, 201, 503, 507}, statuses
    # The uploads that were refused have given their room back, so that the ballast may still be there.
    if (cramped.data / "ballast").exists():
        fill(small_disk)
    eventually(lambda: "ballast is released" in cramped.process.output(), "the ballast gives way")
    for session in sessions:
        answer = say(cramped, cookie, session, "hello").body.decode()
        assert '"state":"done"' in answer, answer
    assert not list((cramped.data / "files" / "tmp").iterdir())
    (small_disk / "filler").unlink()
    cramped.admin("cleanup", "--older-than", "0s", "--apply", "--json")
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is restored")
    assert not contents(cramped)
    assert upload(cramped, cookie, os.urandom(MIB)).status == 201
    assert_sound(cramped, cookie)
    doctor = cramped.admin("doctor", "--json")["checks"]
    assert all(check["ok"] for check in doctor), doctor


def test_a_start_on_a_full_disk(cramped: Berth, small_disk: Path) -> None:
    cookie = log_in(cramped)
    eventually(lambda: (cramped.data / "ballast").exists(), "the ballast is there")
    cramped.kill()
    fill(small_disk)
    cramped.start()
    assert '"state":"done"' in ask(cramped, cookie)


def test_the_high_mark_is_kept_by_itself(small_disk: Path, tmp_path: Path) -> None:
    files = {"high_water": "50%", "low_water": "25%"}
    berth = Berth(tmp_path, {"data": str(small_disk / "data"), "files": files})
    berth.data = small_disk / "data"
    berth.start()
    cookie = log_in(berth)
    for _ in range(9):
        assert upload(berth, cookie, os.urandom(MIB)).status == 201
    eventually(lambda: len(contents(berth)) <= 4, "the oldest files are deleted")
    assert berth.admin("files", "--json")["disk"]["percent"] <= 50
    assert berth.stop() == 0


def test_a_read_only_folder(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    cookie = log_in(berth)
    made = upload(berth, cookie, b"kept").json()
    with read_only(berth.data / "files"):
        refused = upload(berth, cookie, b"refused")
        assert refused.status == 503
        assert "cannot store files now" in refused.json()["error"]["message"]
        assert str(berth.data) not in refused.body.decode()
        kept = berth.request(
            f"/web/files/{made['id']}", method="DELETE", Cookie=cookie, Origin=berth.url
        )
        assert kept.status == 503
        done = berth.admin("cleanup", "--older-than", "0s", "--apply", check=False)
        assert done.returncode == 1 and "Nothing was deleted" in done.stdout
        assert berth.request(made["path"], Cookie=cookie).body == b"kept"
        assert '"state":"done"' in ask(berth, cookie)
    assert upload(berth, cookie, b"taken").status == 201
    assert len(contents(berth)) == 2


def test_a_file_that_the_system_refuses_to_let_grow(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    cookie = log_in(berth)
    pid = berth.process.child.pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (MIB, MIB))
    refused = upload(berth, cookie, os.urandom(2 * MIB))
    assert refused.status == 507 and not contents(berth)
    assert upload(berth, cookie, b"small").status == 201
    assert '"state":"done"' in ask(berth, cookie)
    assert berth.admin("files", "--json")["tenants"][0]["bytes"] == 5


def test_a_client_that_stops_in_the_middle(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth(quotas={"disk": "1MiB"})
    cookie = log_in(berth)
    fields = {"Cookie": cookie, "Origin": berth.url}
    connections = []
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=PATIENCE)
        connection.putrequest("POST", "/web/files")
        for name, value in (fields | {"Content-Length": "300000"}).items():
            connection.putheader(name, value)
        connection.endheaders(b"x" * 100_000)
        connections.append(connection)
    eventually(lambda: len(contents(berth)) == 3, "three uploads are under way")
    # Their reservations count, so there is no room for a fourth.
    refused = upload(berth, cookie, b"y" * 200_000)
    assert refused.status == 413 and "of 1 MiB" in refused.json()["error"]["message"]
    for connection in connections:
        connection.close()
    eventually(lambda: not contents(berth), "nothing is left of them")
    assert upload(berth, cookie, b"y" * 200_000).status == 201


def test_an_upload_of_unknown_length(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth(quotas={"disk": "1MiB"})
    cookie = log_in(berth)
    fields = {"Cookie": cookie, "Origin": berth.url, "Content-Type": "image/webp"}
    for count, status in ((9, 201), (30, 413), (1, 201)):
        connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=PATIENCE)
        pieces = (bytes([count]) * 50_000 for _ in range(count))
        connection.request("POST", "/web/files", pieces, fields, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == status, answer.read()
        connection.close()
    eventually(lambda: len(contents(berth)) == 2, "the refused upload left nothing")


def test_an_upload_and_its_owner(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    ann, bob = log_in(berth), log_in(berth, "bob")
    body = os.urandom(3 * MIB)
    made = upload(berth, ann, body).json()
    whole = berth.request(made["path"], Cookie=ann)
    assert whole.body == body and whole.headers["content-type"] == "image/png"
    part = berth.request(made["path"], Cookie=ann, Range="bytes=1000000-1999999")
    assert part.status == 206 and part.body == body[1_000_000:2_000_000]
    assert berth.request(made["path"], Cookie=bob).status == 404
    assert berth.request(made["path"]).status == 401
    gone = berth.admin("tenant", "remove", "ann", "--yes", "--json")
    assert gone["files"] == 1 and gone["bytes"] == len(body) and not contents(berth)
    assert berth.request(made["path"], Cookie=ann).status == 401


def test_a_kill_midway_leaves_no_temporary_file(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    cookie = log_in(berth)
    for _ in range(5):
        connection = http.client.HTTPConnection("127.0.0.1", berth.port, timeout=PATIENCE)
        connection.putrequest("POST", "/web/files")
        for name, value in {"Cookie": cookie, "Origin": berth.url, "Content-Length": "999999"}.items():
            connection.putheader(name, value)
        connection.endheaders(b"x" * 300_000)
        eventually(lambda: contents(berth), "the upload is on the disk")
        berth.process.end(signal.SIGKILL)
        connection.close()
        berth.start()
        assert not contents(berth)
    assert upload(berth, cookie, b"whole").status == 201


def test_two_cleanups_at_once(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth()
    cookie = log_in(berth)
    for number in range(30):
        assert upload(berth, cookie, f"file {number}".encode()).status == 201
    reports: list[dict] = []

    def clean() -> None:
        reports.append(berth.admin("cleanup", "--older-than", "0s", "--apply", "--json"))

    threads = [threading.Thread(target=clean) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    paths = [file["path"] for report in reports for file in report["files"]]
    assert len(paths) == 30 and len(set(paths)) == 30 and not contents(berth)
