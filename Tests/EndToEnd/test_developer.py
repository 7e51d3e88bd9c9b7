"""Client libraries that developers have: nearly right addresses, APIs that Berth does not have,
embeddings, text completions, pages of other origins."""

from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest
from support.berth import Berth, FakeOpenAI, Tenant
from support.browser import wait_for

QUESTION = [{"role": "user", "content": "Hello Berth"}]
OwnBerth = Callable[..., Berth]
OwnFake = Callable[..., FakeOpenAI]


@pytest.mark.parametrize("base", ["", "/v1", "/v1/", "/v1/v1"])
def test_a_base_url_that_is_nearly_right_works(faked: Berth, faked_tenant: Tenant, base: str) -> None:
    client = openai.OpenAI(base_url=faked.url + base, api_key=faked_tenant.key, max_retries=0)
    answer = client.chat.completions.create(model="fake/echo", messages=QUESTION)
    assert answer.choices[0].message.content == "Hello Berth"
    chunks = client.chat.completions.create(model="fake/echo", messages=QUESTION, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello Berth"
    assert client.models.retrieve("fake/echo").id == "fake/echo"
    assert "berth" in [model.id for model in client.models.list()]


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.responses.create(model="berth", input="hi"),
        lambda c: c.audio.speech.create(model="tts-1", voice="alloy", input="hi"),
        lambda c: c.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"x")),
        lambda c: c.moderations.create(input="hi"),
        lambda c: c.files.list(),
        lambda c: c.batches.list(),
        lambda c: c.beta.assistants.list(),
        lambda c: c.vector_stores.list(),
    ],
    ids=["responses", "speech", "transcription", "moderations", "files", "batches", "assistants",
         "vector_stores"],
)
def test_an_api_that_is_absent_says_what_there_is(
    berth: Berth, tenant: Tenant, call: Callable[[openai.OpenAI], Any]
) -> None:
    with pytest.raises(openai.NotFoundError, match="Berth has no /v1/.*It has /v1/chat/completions"):
        call(berth.client(tenant.key))


def test_anthropic_s_client_is_told(berth: Berth, tenant: Tenant) -> None:
    for base in (berth.url, berth.url + "/v1"):
        client = anthropic.Anthropic(base_url=base, api_key=tenant.key, max_retries=0)
        with pytest.raises(anthropic.NotFoundError, match="Berth has no .*/v1/messages") as refused:
            client.messages.create(model="berth", max_tokens=9, messages=QUESTION)
        assert refused.value.body["error"]["type"] == "not_found_error"


def embedding(own_berth: OwnBerth, fake: FakeOpenAI, *models: str, **options: Any) -> Berth:
    settings = fake.settings("fake")
    settings["models"]["embeddings"] = [
        {"provider": "fake", "model": m, "price": {"input": 100}} for m in models
    ]
    return own_berth(**settings | options)


def test_embeddings(own_berth: OwnBerth, own_fake: OwnFake) -> None:
    fake = own_fake()
    berth = embedding(own_berth, fake, "embed", "embed-plain")
    client = berth.client(berth.add_tenant("ann").key)
    # The package asks for base64 by itself, and makes numbers of it.
    usual = client.embeddings.create(model="fake/embed", input="Hello")
    numbers = client.embeddings.create(model="embed", input="Hello", encoding_format="float")
    packed = client.embeddings.create(model="embed", input="Hello", encoding_format="base64")
    plain = client.embeddings.create(model="embed-plain", input="Hello")
    assert usual.data[0].embedding == pytest.approx(numbers.data[0].embedding)
    assert plain.data[0].embedding == pytest.approx(numbers.data[0].embedding)
    assert isinstance(packed.data[0].embedding, str)
    assert usual.model == "fake/embed" and usual.usage.prompt_tokens == 2
    batch = client.embeddings.create(model="embed", input=["a", "b", "c"], dimensions=4)
    assert [d.index for d in batch.data] == [0, 1, 2] and len(batch.data[2].embedding) == 4
    tokens = client.embeddings.create(model="embed", input=[[1, 2, 3], [4]])
    assert len(tokens.data) == 2
    assert client.embeddings.create(model="embed", input=[1, 2, 3]).usage.prompt_tokens > 0
    assert {"fake/embed", "fake/embed-plain"} <= {m.id for m in client.models.list()}

    before = fake.stats()["received"]
    again = client.embeddings.with_raw_response.create(model="fake/embed", input="Hello")
    assert again.headers["x-berth-cache"] == "hit" and again.parse().data == usual.data
    assert fake.stats()["received"] == before

    def used() -> dict[str, Any]:
        (line,) = [x for x in berth.admin("usage", "--json")["usage"] if x["tenant"] == "ann"]
        return line

    # Hits of the cache are requests alone, and are written after their answers.
    wait_for(lambda: used()["requests"] == 8, what="the hits")
    line = used()
    # Two tokens are 200 millionths of a dollar here.
    assert line["input_tokens"] > 8
    assert line["micros"] == 100 * line["input_tokens"] and line["output_tokens"] == 0


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"input": ""}, "must not be empty"),
        ({"input": []}, "not empty"),
        ({"input": ["a"] * 2049}, "more than 2048"),
        ({"input": "a", "dimensions": 0}, "dimensions"),
        ({"input": "a", "extra_body": {"api_base": "http://x"}}, "api_base"),
    ],
)
def test_bad_embeddings_are_refused(
    own_berth: OwnBerth, own_fake: OwnFake, wish: dict[str, Any], words: str
) -> None:
    fake = own_fake()
    berth = embedding(own_berth, fake, "embed")
    client = berth.client(berth.add_tenant("ann").key)
    with pytest.raises(openai.BadRequestError, match=words):
        client.embeddings.create(model="embed", **wish)
    with pytest.raises(openai.NotFoundError, match="fake/embed"):
        client.embeddings.create(model="text-embedding-3-small", input="a")
    assert fake.stats()["received"] == 0


def test_text_completions(faked: Berth, faked_tenant: Tenant) -> None:
    client = faked.client(faked_tenant.key)
    answer = client.completions.create(model="fake/echo", prompt="Once upon", max_tokens=50)
    assert answer.object == "text_completion" and answer.id.startswith("cmpl-")
    assert answer.choices[0].text == "Once upon" and answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens > 0
    chunks = list(
        client.completions.create(
            model="fake/fake",
            prompt=["Once"],
            max_tokens=50,
            stop=["\n"],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(c.choices[0].text for c in chunks if c.choices)
    assert text.startswith("token1 token2") and chunks[-1].usage.completion_tokens > 0
    assert all(c.object == "text_completion" for c in chunks)
    with pytest.raises(openai.BadRequestError, match="suffix"):
        client.completions.create(model="fake/echo", prompt="def f(", suffix=")")


def test_a_lowered_limit_is_told(faked: Berth, faked_tenant: Tenant) -> None:
    create = faked.client(faked_tenant.key).chat.completions.with_raw_response.create
    lowered = create(model="fake/echo", messages=QUESTION, max_tokens=100_000)
    assert lowered.headers["x-berth-max-tokens"] == "4096"
    kept = create(model="fake/echo", messages=QUESTION, max_tokens=100)
    assert "x-berth-max-tokens" not in kept.headers


def test_a_page_of_another_origin(own_berth: OwnBerth) -> None:
    berth = own_berth(cors=["https://app.example"])
    asked = berth.request(
        "/v1/chat/completions",
        method="OPTIONS",
        Origin="https://app.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="authorization,content-type",
    )
    assert asked.status == 204
    assert asked.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in asked.headers
    other = berth.request("/v1/models", Origin="https://evil.example")
    assert other.status == 401 and "access-control-allow-origin" not in other.headers
