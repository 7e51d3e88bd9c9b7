"""Pictures over the OpenAI-compatible API, with OpenAI's Python package as the client."""

import base64
import contextlib
import io
import os
import random
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest
from support.berth import Berth, FakeFal, FakeOpenAI, Tenant
from support.browser import wait_for
from support.queue import OwnBerth, Say

OwnFal = Callable[..., FakeFal]
OwnFake = Callable[..., FakeOpenAI]

ROOMY = {"quotas": {"images_per_day": 1000, "spend_per_month": 1000, "requests_per_day": 1000}}
KINDS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def painter(fake: FakeOpenAI, *models: str) -> dict[str, Any]:
    """A configuration with a fake of OpenAI as the provider of pictures."""
    provider = {"name": "fake", "kind": "openai", "api_key": "sk-fake", "base_url": fake.url}
    image = [{"provider": "fake", "model": m, "price": {"image": 0.04}} for m in models]
    return ROOMY | {"providers": [provider], "models": {"image": image}}


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("image/")
        return answer.read()


def test_links_and_base64_of_the_same_pictures(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal()
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    client = berth.client(berth.add_tenant("ann").key)
    assert "fake/fal-ai/flux" in [model.id for model in client.models.list()]
    wish: dict[str, Any] = {"model": "berth", "prompt": "a lighthouse", "n": 2}
    linked = client.images.generate(**wish, size="512x512")
    assert linked.created > 1_700_000_000 and len(linked.data) == 2
    bodies = [fetch(one.url) for one in linked.data]
    assert all(body.startswith(KINDS) for body in bodies)
    whole = client.images.generate(**wish, size="512x512", response_format="b64_json")
    assert [base64.b64decode(one.b64_json) for one in whole.data] == bodies
    assert fal.jobs()["submits"] == 1, "the second request was answered from the cache"
    assert all("code=" in one.url and "until=" in one.url for one in linked.data)
    broken = linked.data[0].url.replace("code=", "code=x")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        fetch(broken)


def test_a_repeat_costs_a_request_and_no_money(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal()
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    ann, bob = (berth.client(berth.add_tenant(name).key) for name in ("ann", "bob"))
    asks: list[tuple[openai.OpenAI, dict[str, Any], int]] = [
        (ann, {"prompt": "a ship"}, 1),
        (ann, {"prompt": "a ship"}, 1),
        (bob, {"prompt": "a ship"}, 1),
        (ann, {"prompt": "a ship", "extra_body": {"seed": 7}}, 2),
        (bob, {"prompt": "a ship", "extra_body": {"seed": 7}}, 2),
        (ann, {"prompt": "a ship", "size": "512x512"}, 3),
        (ann, {"prompt": "a ship", "n": 2}, 4),
        (ann, {"prompt": "a ship", "style": "vivid"}, 5),
        (ann, {"prompt": "a ship", "extra_headers": {"Cache-Control": "no-store"}}, 6),
        (ann, {"prompt": "a ship", "user": "somebody"}, 6),
    ]
    for client, wish, submits in asks:
        made = client.images.generate(model="berth", **wish)
        assert all(fetch(one.url).startswith(KINDS) for one in made.data), wish
        assert fal.jobs()["submits"] == submits, wish
    # One tenant's deletion does not take the other's copy away.
    made = bob.images.generate(model="berth", prompt="a ship")
    berth.admin("tenant", "remove", "ann", "--yes")
    assert fetch(made.data[0].url).startswith(KINDS)
    assert bob.images.generate(model="berth", prompt="a ship").data[0].url
    assert fal.jobs()["submits"] == 6


def test_the_same_order_under_way_is_given_once(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal("--delay-ms", "1500")
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    clients = [berth.client(berth.add_tenant(f"t{n}").key) for n in range(10)]
    with ThreadPoolExecutor(10) as pool:
        made = list(
            pool.map(lambda c: c.images.generate(model="berth", prompt="a bridge"), clients)
        )
    assert len({one.data[0].url for one in made}) == 10
    assert len({fetch(one.data[0].url) for one in made}) == 1
    assert fal.jobs()["submits"] == 1
    # Those who waited for it have paid a tenth each.
    charged = "SELECT state, requests, images, micros FROM call"
    wait_for(lambda: rows(berth, charged) == [("settled", 1, 1, 4_000)] * 10, what="the shares")


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"model": "nobody"}, openai.NotFoundError, "there is no model"),
        ({"prompt": ""}, openai.BadRequestError, "prompt"),
        ({"prompt": " \n"}, openai.BadRequestError, "prompt"),
        ({"prompt": "x" * 33_000}, openai.BadRequestError, "prompt"),
        ({"n": 0}, openai.BadRequestError, "1 to 10"),
        ({"n": 11}, openai.BadRequestError, "1 to 10"),
        ({"size": "huge"}, openai.BadRequestError, "size"),
        ({"size": "8192x8192"}, openai.BadRequestError, "pixels"),
        ({"quality": "high"}, openai.BadRequestError, "models.image"),
        ({"response_format": "png"}, openai.BadRequestError, "b64_json"),
        ({"extra_body": {"stream": True}}, openai.BadRequestError, "stream"),
        ({"extra_body": {"partialImages": 2}}, openai.BadRequestError, "partial_images"),
        ({"extra_body": {"image_url": "http://127.0.0.1/"}}, openai.BadRequestError, "image_url"),
        ({"extra_body": {"other": "http://127.0.0.1/"}}, openai.BadRequestError, "other"),
        ({"extra_body": {"image": "data:image/png;base64,AAAA"}}, openai.BadRequestError, "edits"),
    ],
)
def test_a_wrong_request_is_refused_in_words(
    own_berth: OwnBerth,
    own_fal: OwnFal,
    wish: dict[str, Any],
    error: type[openai.APIStatusError],
    words: str,
) -> None:
    fal = own_fal()
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    client = berth.client(berth.add_tenant("ann").key)
    with pytest.raises(error, match=words):
        client.images.generate(**{"model": "berth", "prompt": "a cat"} | wish)
    assert fal.jobs()["submits"] == 0


def test_a_quota_is_429_and_not_repeated(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal()
    berth = own_berth(**fal.settings("fal-ai/flux") | {"quotas": {"images_per_day": 2}})
    client = berth.client(berth.add_tenant("ann").key)
    assert client.images.generate(model="berth", prompt="one", n=2).data
    with pytest.raises(openai.RateLimitError) as caught:
        client.images.generate(model="berth", prompt="three")
    assert caught.value.code == "insufficient_quota"
    assert 0 < float(caught.value.response.headers["retry-after"]) <= 86_400
    assert client.images.generate(model="berth", prompt="one", n=2).data, "the cache is free"
    assert fal.jobs()["submits"] == 1


def test_an_idempotency_key_orders_once(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal()
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    tenant = berth.add_tenant("ann")
    key = {"Idempotency-Key": "k1", "Cache-Control": "no-store"}

    def ask(prompt: str, **more: Any) -> Any:
        return berth.client(tenant.key).images.generate(
            model="berth", prompt=prompt, response_format="b64_json", extra_headers=key, **more
        )

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ask("a tree"), range(4)))
    assert len({one.data[0].b64_json for one in made}) == 1 and fal.jobs()["submits"] == 1
    berth.kill()
    berth.start()
    assert ask("a tree").data[0].b64_json == made[0].data[0].b64_json
    with pytest.raises(openai.UnprocessableEntityError):
        ask("a bush")
    assert fal.jobs()["submits"] == 1


@pytest.mark.timeout(600)
@pytest.mark.parametrize("keyed", [False, True])
def test_kills_lose_no_picture_and_order_none_twice(
    own_berth: OwnBerth, own_fal: OwnFal, say: Say, keyed: bool
) -> None:
    seed = int(os.environ.get("BERTH_SEED", random.randrange(2**32)))
    count = int(os.environ.get("BERTH_PICTURE_ROUNDS", 4))
    say(f"BERTH_SEED={seed}")
    dice = random.Random(seed)
    fal = own_fal("--delay-ms", "400", "--token-ms", "60")
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    tenant = berth.add_tenant("ann")

    def ask(number: int) -> Any:
        heads = {"Idempotency-Key": f"order {number}"} if keyed else {}
        client = berth.client(tenant.key, timeout=60, max_retries=0)
        return client.images.generate(
            model="berth", prompt=f"picture {number}", extra_headers=heads
        )

    def lost(number: int) -> None:
        with contextlib.suppress(openai.APIConnectionError):
            ask(number)

    for number in range(count):
        caller = threading.Thread(target=lost, args=(number,))
        caller.start()
        ordered = "SELECT count(*) FROM call WHERE job IS NOT NULL OR images > 0"
        wait_for(lambda n=number: rows(berth, ordered) == [(n + 1,)], what="the job")
        time.sleep(dice.uniform(0, 1.2))
        berth.kill()
        caller.join()
        berth.start()
        if dice.random() < 0.5:
            wait_for(lambda: not open_calls(berth), what="the end of the job")
        (made,) = ask(number).data
        assert fetch(made.url).startswith(KINDS)
        # A request that is answered from the cache, or waits for the job, is a request.
        most = (1 if keyed else 2) * (number + 1)
        wait_for(lambda: not open_calls(berth), what="the settlement")
        wait_for(lambda n=most: requests(berth) >= n, what=f"{most} requests in the ledger")
        assert requests(berth) == most
    jobs = fal.jobs()
    say(f"{count} kills: {jobs}")
    assert jobs["submits"] == count and jobs["cancels"] == 0
    ledger = "SELECT state, sum(images), sum(micros), count(job) FROM call GROUP BY state"
    assert rows(berth, ledger) == [("settled", count, count * 40_000, 0)]
    assert berth.admin("queue", "failed", "--json")["troubles"] == []
    assert list((berth.data / "files" / "tmp").iterdir()) == []


def test_an_orderly_stop_leaves_the_job_of_a_call_to_the_next_start(
    own_berth: OwnBerth, own_fal: OwnFal
) -> None:
    fal = own_fal("--delay-ms", "25000")
    berth = own_berth(**ROOMY | fal.settings("fal-ai/flux"))
    client = berth.client(berth.add_tenant("ann").key, timeout=60, max_retries=0)
    caller = threading.Thread(
        target=lambda: pytest.raises(
            openai.APIError, client.images.generate, model="berth", prompt="a cat"
        )
    )
    caller.start()
    wait_for(lambda: rows(berth, "SELECT 1 FROM call WHERE job IS NOT NULL"), what="the job")
    assert berth.stop() == 0
    caller.join()
    berth.start()
    made = client.images.generate(model="berth", prompt="a cat")
    assert fetch(made.data[0].url).startswith(KINDS)
    jobs = fal.jobs()
    assert (jobs["submits"], jobs["cancels"]) == (1, 0)


def requests(berth: Berth) -> int:
    return rows(berth, "SELECT sum(requests) FROM usage_day")[0][0]


def open_calls(berth: Berth) -> bool:
    return rows(berth, "SELECT count(*) FROM call WHERE state = 'reserved'") != [(0,)]


def rows(berth: Berth, query: str) -> list[tuple]:
    with sqlite3.connect(f"file:{berth.data}/berth.db?mode=ro", uri=True) as database:
        return database.execute(query).fetchall()


def test_a_closed_connection_cancels_the_job(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    fal = own_fal()
    berth = own_berth(**ROOMY | fal.settings("fal-ai/never"))
    client = berth.client(berth.add_tenant("ann").key, timeout=3)
    with pytest.raises(openai.APITimeoutError):
        client.images.generate(model="berth", prompt="a cat")
    wait_for(lambda: fal.jobs()["cancels"] == 1, what="the job is cancelled")
    assert fal.jobs()["submits"] == 1


def test_an_edit_with_a_mask(own_berth: OwnBerth, own_fake: OwnFake) -> None:
    fake = own_fake()
    berth = own_berth(**painter(fake, "gpt-image-1"))
    client = berth.client(berth.add_tenant("ann").key)
    first = client.images.generate(model="gpt-image-1", prompt="a house")
    picture = base64.b64decode(first.data[0].b64_json)
    assert picture.startswith(KINDS)
    edited = client.images.edit(
        model="gpt-image-1",
        image=("house.png", picture),
        mask=("mask.png", picture),
        prompt="the house \N{HOUSE BUILDING} at night",
        n=2,
    )
    assert len(edited.data) == 2
    assert all(base64.b64decode(one.b64_json).startswith(KINDS) for one in edited.data)
    several = client.images.edit(
        model="berth", image=[picture, io.BytesIO(picture)], prompt="both", response_format="url"
    )
    assert fetch(several.data[0].url).startswith(KINDS)


def test_a_wrong_edit_is_refused_in_words(own_berth: OwnBerth, own_fake: OwnFake) -> None:
    fake = own_fake()
    berth = own_berth(**painter(fake, "gpt-image-1"))
    tenant = berth.add_tenant("ann")
    client = berth.client(tenant.key)
    png = base64.b64decode(client.images.generate(model="berth", prompt="x").data[0].b64_json)
    before = berth.admin("files", "--json")["tenants"]
    broken = [png[:40], b"<html><body>no</body></html>", b"<svg/>", b"%PDF-1.4", b"", b"\0" * 99]
    for body in broken:
        with pytest.raises(openai.BadRequestError):
            client.images.edit(model="berth", image=("a.png", body, "image/png"), prompt="x")
        with pytest.raises(openai.BadRequestError):
            client.images.edit(model="berth", image=("a.png", png), mask=body, prompt="x")
    with pytest.raises(openai.BadRequestError, match="prompt"):
        client.images.edit(model="berth", image=("a.png", png), prompt=" ")
    with pytest.raises(openai.BadRequestError, match="16 pictures"):
        client.images.edit(model="berth", image=[("a.png", png)] * 17, prompt="x")
    url, heads = f"{berth.url}/v1/images/edits", {"Authorization": f"Bearer {tenant.key}"}
    fields = {"prompt": "x", "model": "berth"}
    refused = [
        httpx.post(url, headers=heads, json=fields | {"image": "data:image/png;base64,AA"}),
        httpx.post(url, headers=heads, data=fields),
        httpx.post(url, headers=heads, data=fields, files={"mask": ("m.png", png)}),
        httpx.post(url, headers=heads, data=fields, files={"other": ("m.png", png)}),
        httpx.post(url, headers=heads | {"Content-Type": "multipart/form-data"}, content=b"x"),
        httpx.post(
            url,
            headers=heads | {"Content-Type": "multipart/form-data; boundary=X"},
            content=b"--X\r\nContent-Disposition: form-data; name=image; filename=a\r\n\r\n" + png,
        ),
        httpx.post(
            url, headers=heads, data=fields | {"image": "http://127.0.0.1/a.png"}, files={"z": b""}
        ),
    ]
    for answer in refused:
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["message"] and answer.json()["error"]["type"]
    assert berth.admin("files", "--json")["tenants"] == before, "a refused edit leaves no file"
    assert list((berth.data / "files").glob("**/*.tmp")) == []


def test_many_orders_at_once_within_the_limit(own_berth: OwnBerth, own_fal: OwnFal) -> None:
    """50 users ask at once: all are answered at 128 MiB, and none kills the service at 64 MiB."""
    for limit, must_answer in ((128, True), (64, False)):
        fal = own_fal("--delay-ms", "500")
        settings = fal.settings("fal-ai/flux", concurrency=8)
        berth = own_berth(**ROOMY | settings | {"memory": {"limit": f"{limit}MiB"}})
        clients = [berth.client(berth.add_tenant(f"t{n}").key) for n in range(50)]

        def ask(n: int, clients: list[openai.OpenAI] = clients) -> bool:
            try:
                made = clients[n].images.generate(model="berth", prompt=f"a bird, number {n}")
            except openai.APIStatusError as error:
                assert error.status_code in (429, 503) and error.message, error
                return False
            return fetch(made.data[0].url).startswith(KINDS)

        with ThreadPoolExecutor(50) as pool:
            answered = list(pool.map(ask, range(50)))
        peak = peak_rss(berth)
        print(f"limit {limit} MiB: {sum(answered)} of 50 answered, peak {peak >> 20} MiB")
        assert all(answered) or not must_answer
        assert peak <= limit << 20
        assert berth.is_ready()


def peak_rss(berth: Berth) -> int:
    """The largest resident size of the service since its start, in bytes."""
    with open(f"/proc/{berth.process.child.pid}/status") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def test_the_key_is_needed(own_berth: OwnBerth) -> None:
    berth = own_berth()
    stranger = Tenant("x", "berth-nobody", "")
    client = berth.client(stranger.key)
    with pytest.raises(openai.AuthenticationError):
        client.images.generate(model="berth", prompt="x")
    ann = berth.client(berth.add_tenant("ann").key)
    made = ann.images.generate(model="berth", prompt="the demo draws", size="320x200")
    assert fetch(made.data[0].url).startswith(b"\x89PNG")
