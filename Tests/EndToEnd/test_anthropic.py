"""Anthropic's Python package as a client of the fake, and OpenAI's as a client of Berth in front of
it. Two independent clients check the fake's protocol and Berth's translation."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from support.berth import PATIENCE, Berth, FakeAnthropic, Tenant

MANNERS = (
    "fake",
    "echo",
    "echo-request",
    "tool",
    "thinking",
    "cached",
    "max-tokens",
    "pings",
    "drip",
)
Faulty = Callable[[FakeAnthropic, str], openai.OpenAI]
QUESTION = [{"role": "user", "content": "Hello Berth"}]
#: One pixel.
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeAnthropic]:
    """A fake of Anthropic's API whose behaviour is chosen by the model's name."""
    fake = FakeAnthropic(tmp_path_factory.mktemp("anthropic")).start()
    yield fake
    fake.process.end()


@pytest.fixture(scope="module")
def vendor(fake: FakeAnthropic) -> Anthropic:
    """Anthropic's client for the fake, without retries."""
    return Anthropic(base_url=fake.url, api_key="sk-ant-fake", max_retries=0, timeout=PATIENCE)


@pytest.fixture(scope="module")
def service(fake: FakeAnthropic, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Berth]:
    """A service whose models are the fake's behaviours."""
    roomy = {"quotas": {"requests_per_day": 100_000, "tokens_per_day": 100_000_000}}
    folder = tmp_path_factory.mktemp("service")
    service = Berth(folder, roomy | fake.settings(*MANNERS)).start()
    yield service
    assert service.stop() == 0, service.process.output()


@pytest.fixture(scope="module")
def tenant(service: Berth) -> Tenant:
    return service.add_tenant("ann")


@pytest.fixture(scope="module")
def client(service: Berth, tenant: Tenant) -> openai.OpenAI:
    """OpenAI's client for the service. Its questions bypass the cache and all reach the fake."""
    return service.client(tenant.key, default_headers={"Cache-Control": "no-store"})


# Anthropic's package and the fake


def ask(vendor: Anthropic, model: str, **more: Any) -> anthropic.types.Message:
    return vendor.messages.create(model=model, max_tokens=100, messages=QUESTION, **more)


def test_the_fake_answers_anthropics_client(vendor: Anthropic) -> None:
    message = ask(vendor, "echo")
    assert [block.text for block in message.content] == ["Hello Berth"]
    assert (message.role, message.stop_reason) == ("assistant", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (1, 1)
    assert {"fake", "echo"} <= {model.id for model in vendor.models.list()}


@pytest.mark.parametrize("model", ["fake", "thinking", "pings", "drip", "cached", "tool"])
def test_the_fakes_stream_has_the_content_of_its_whole_answer(vendor: Anthropic, model: str) -> None:
    tools = [{"name": "weather", "input_schema": SCHEMA}, {"name": "time", "input_schema": SCHEMA}]
    whole = ask(vendor, model, tools=tools)
    with vendor.messages.stream(
        model=model, max_tokens=100, messages=QUESTION, tools=tools
    ) as stream:
        told = stream.get_final_message()

    def said(message: anthropic.types.Message) -> list[Any]:
        return [
            getattr(b, "text", None) or (b.name, b.input)
            for b in message.content
            if b.type in ("text", "tool_use")
        ]

    assert said(told) == said(whole)
    assert told.stop_reason == whole.stop_reason
    assert told.usage.output_tokens == whole.usage.output_tokens
    if model == "tool":
        assert said(told)[1:] == [("weather", {"city": "Paris"}), ("time", {})]


@pytest.mark.parametrize(
    "model, error",
    [
        ("401", anthropic.AuthenticationError),
        ("403", anthropic.PermissionDeniedError),
        ("no-credit", anthropic.PaymentRequiredError),
        ("too-long", anthropic.BadRequestError),
        ("413", anthropic.ContentTooLargeError),
        ("429", anthropic.RateLimitError),
        ("500", anthropic.InternalServerError),
        ("529", anthropic.OverloadedError),
    ],
)
def test_the_fakes_errors_are_anthropics(vendor: Anthropic, model: str, error: type) -> None:
    with pytest.raises(error) as refused:
        ask(vendor, model)
    assert refused.value.body["type"] == "error"
    assert refused.value.body["error"]["message"]


def test_the_fake_refuses_what_the_new_version_refuses(vendor: Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError):
        ask(vendor, "fake", extra_body={"temperature": 1.0})
    with pytest.raises(anthropic.BadRequestError):
        ask(vendor, "fake", tool_choice={"type": "auto"})


def test_the_fakes_error_in_the_middle_of_a_stream_reaches_the_client(vendor: Anthropic) -> None:
    with pytest.raises(anthropic.APIStatusError), vendor.messages.stream(
        model="error-midway", max_tokens=100, messages=QUESTION
    ) as stream:
        stream.until_done()


# OpenAI's package, Berth and the fake


def test_a_chat_is_translated(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="fake/echo", messages=QUESTION, temperature=0)
    assert answer.choices[0].message.content == "Hello Berth"
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (1, 1)
    assert answer.id.startswith("chatcmpl-") and answer.model == "fake/echo"
    assert answer.object == "chat.completion" and answer.created > 1_700_000_000


@pytest.mark.parametrize("model", ["fake", "thinking", "pings", "drip", "cached", "max-tokens"])
def test_a_stream_has_the_text_of_a_whole_answer(client: openai.OpenAI, model: str) -> None:
    model = f"fake/{model}"
    whole = client.chat.completions.create(model=model, messages=QUESTION)
    chunks = list(
        client.chat.completions.create(
            model=model, messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
    assert reasons[-1] == whole.choices[0].finish_reason
    assert reasons[-1] == ("length" if model == "fake/max-tokens" else "stop")
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].usage == whole.usage
    assert whole.usage.prompt_tokens == (1101 if model == "fake/cached" else 1)


def test_tools_are_translated_both_ways(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="fake/tool", messages=QUESTION, tools=TOOLS)
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls"
    call = choice.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "weather",
        {"city": "Paris"},
    )

    with client.chat.completions.stream(
        model="fake/tool", messages=QUESTION, tools=TOOLS
    ) as stream:
        told = stream.get_final_completion().choices[0]
    assert told.finish_reason == "tool_calls"
    streamed = told.message.tool_calls[0]
    assert (streamed.id, streamed.function.name) == (call.id, "weather")
    assert json.loads(streamed.function.arguments) == {"city": "Paris"}

    # The conversation continues with the client's own message and the tool's answer.
    more = [
        *QUESTION,
        choice.message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "12 °C"},
    ]
    echo = client.chat.completions.create(
        model="fake/echo-request", messages=more, tools=TOOLS, tool_choice="required"
    )
    sent = json.loads(echo.choices[0].message.content)
    assert sent["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Hello Berth"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "Looking. "},
                {"type": "tool_use", "id": call.id, "name": "weather", "input": {"city": "Paris"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": call.id,
                    "content": [{"type": "text", "text": "12 °C"}],
                }
            ],
        },
    ]
    assert sent["tools"] == [{"name": "weather", "input_schema": SCHEMA}]
    assert sent["tool_choice"] == {"type": "any"}


def test_a_picture_and_settings_are_translated(client: openai.OpenAI) -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
        {"type": "image_url", "image_url": {"url": "https://pictures.example/a.png"}},
    ]
    echo = client.chat.completions.create(
        model="fake/echo-request",
        messages=[{"role": "system", "content": "Be kind."}, {"role": "user", "content": parts}],
        temperature=0.5,
        max_tokens=7,
        stop="END",
        user="ann@example.org",
    )
    sent = json.loads(echo.choices[0].message.content)
    user = sent.pop("metadata")["user_id"]
    assert "ann" not in user and user.startswith("berth-")
    assert sent == {
        "model": "echo-request",
        "max_tokens": 7,
        "stream": False,
        "stop_sequences": ["END"],
        "system": [{"type": "text", "text": "Be kind."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": PICTURE},
                    },
                    {
                        "type": "image",
                        "source": {"type": "url", "url": "https://pictures.example/a.png"},
                    },
                ],
            }
        ],
    }


def test_a_large_picture_is_translated(client: openai.OpenAI) -> None:
    url = "data:image/png;base64," + "A" * 4_000_000
    parts = [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = client.chat.completions.create(
        model="fake/echo", messages=[{"role": "user", "content": parts}]
    )
    assert answer.choices[0].message.content == "x"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "model, status",
    [("401", 502), ("no-credit", 502), ("429", 429), ("529", 503), ("too-long", 400)],
)
def test_an_error_comes_before_the_first_byte(
    faulty: Faulty, fake: FakeAnthropic, model: str, status: int, stream: bool
) -> None:
    with pytest.raises(openai.APIStatusError) as refused:
        faulty(fake, model).chat.completions.create(
            model="berth", messages=QUESTION, stream=stream
        )
    assert refused.value.status_code == status
    assert "sk-fake" not in str(refused.value)
    waits = {"429": "2", "529": "3"}
    assert refused.value.response.headers.get("retry-after") == waits.get(model)


@pytest.mark.parametrize("model", ["error-midway", "no-stop"])
def test_a_stream_that_breaks_off_is_an_error(
    faulty: Faulty, fake: FakeAnthropic, model: str
) -> None:
    text = ""
    with pytest.raises(openai.APIError):
        for chunk in faulty(fake, model).chat.completions.create(
            model="berth", messages=QUESTION, stream=True
        ):
            text += chunk.choices[0].delta.content or ""
    assert text.startswith("token1 token2 ")


def test_a_request_without_a_counterpart_is_refused_with_a_reason(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(model="fake/fake", messages=QUESTION, n=2)
    assert refused.value.code == "unsupported_request"
    assert "one answer a call" in refused.value.message


def test_the_doctor_reaches_the_provider(service: Berth) -> None:
    checks = service.admin("doctor", "--json")["checks"]
    found = [c for c in checks if c["check"] == "provider fake"]
    assert found == [{"check": "provider fake", "ok": True, "says": "answers"}]
