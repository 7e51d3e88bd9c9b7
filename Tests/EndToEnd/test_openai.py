"""OpenAI's Python package as a client of Berth."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from support.berth import Berth, FakeOpenAI, Tenant

Faulty = Callable[[FakeOpenAI, str], openai.OpenAI]
QUESTION = [{"role": "user", "content": "Hello Berth"}]
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]


def test_models_are_listed_and_found(faked: Berth, faked_tenant: Tenant) -> None:
    client = faked.client(faked_tenant.key)
    names = [model.id for model in client.models.list()]
    assert "berth" in names and "fake/echo" in names
    assert client.models.retrieve("fake/echo").id == "fake/echo"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nobody/nothing")


def test_chat(berth: Berth, tenant: Tenant) -> None:
    answer = berth.client(tenant.key).chat.completions.create(model="berth", messages=QUESTION)
    assert "demo" in answer.choices[0].message.content.lower()
    assert answer.choices[0].finish_reason == "stop"
    assert (
        answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0
    )
    assert answer.id and answer.created > 1_700_000_000 and answer.object == "chat.completion"


def test_a_stream_has_the_text_of_a_whole_answer(berth: Berth, tenant: Tenant) -> None:
    client = berth.client(tenant.key)
    whole = client.chat.completions.create(model="berth", messages=QUESTION, temperature=0)
    chunks = list(
        client.chat.completions.create(model="berth", messages=QUESTION, temperature=0, stream=True)
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert len(chunks) > 5
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [c.choices[0].finish_reason for c in chunks][-1] == "stop"
    assert len({c.id for c in chunks}) == 1
    assert all(c.usage is None for c in chunks), "usage was not asked for"


def test_a_stream_with_usage_ends_in_one_usage_chunk(faked: Berth, faked_tenant: Tenant) -> None:
    chunks = list(
        faked.client(faked_tenant.key).chat.completions.create(
            model="berth", messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    assert [bool(c.usage) for c in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens > 0


def test_tools_and_unknown_fields_are_passed_through(faked: Berth, faked_tenant: Tenant) -> None:
    client = faked.client(faked_tenant.key)
    answer = client.chat.completions.create(model="fake/tool", messages=QUESTION, tools=TOOLS)
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.tool_calls[0].function.name == "weather"

    names, arguments = [], ""
    for chunk in client.chat.completions.create(
        model="fake/tool", messages=QUESTION, tools=TOOLS, stream=True
    ):
        for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            names += [call.function.name] if call.function.name else []
            arguments += call.function.arguments or ""
    assert names == ["weather"] and arguments == "{}"

    parts = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
            ],
        }
    ]
    echo = client.chat.completions.create(
        model="fake/echo-request",
        messages=parts,
        tools=TOOLS,
        seed=12345678901234567,
        extra_body={"not_of_openai": {"a": [1, None]}},
    )
    sent = json.loads(echo.choices[0].message.content)
    assert sent["messages"] == parts
    assert sent["tools"] == TOOLS
    assert sent["seed"] == 12345678901234567
    assert sent["not_of_openai"] == {"a": [1, None]}
    assert sent["model"] == "echo-request"


def test_a_wrong_or_missing_key_is_401(berth: Berth) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        berth.client("berth-wrong").chat.completions.create(model="berth", messages=QUESTION)
    assert refused.value.code == "invalid_api_key"
    answer = berth.request("/v1/models")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert set(answer.json()["error"]) >= {"message", "type", "param", "code"}


def test_an_unknown_model_is_404(berth: Berth, tenant: Tenant) -> None:
    with pytest.raises(openai.NotFoundError) as refused:
        berth.client(tenant.key).chat.completions.create(model="gpt-none", messages=QUESTION)
    assert refused.value.code == "model_not_found"
    assert "gpt-none" in refused.value.message
    assert refused.value.request_id, "x-request-id is sent"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"model":"berth"}',
        b'{"model":"berth","messages":[]}',
        b'{"model":"berth","messages":"hello"}',
        b'{"model":7,"messages":[{"role":"user","content":"a"}]}',
        b'{"model":"berth","messages":[{"role":"user","content":"\xff\xfe"}]}',
        b'{"model":"berth","messages":[7]}',
        b"[" * 100_000,
        b'{"model":"berth","stream":"yes","messages":[{"role":"user","content":"a"}]}',
    ],
)
def test_a_malformed_request_is_400_in_openais_shape(
    berth: Berth, tenant: Tenant, body: bytes
) -> None:
    answer = berth.request(
        "/v1/chat/completions",
        body,
        "POST",
        Authorization=f"Bearer {tenant.key}",
        Content_Type="application/json",
    )
    assert answer.status == 400, answer.body
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error" and error["message"]
    assert berth.request("/healthz").status == 200


def test_a_body_over_the_cap_is_413(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth(limits={"body": "64KiB"})
    key = berth.add_tenant("ann").key
    big = [{"role": "user", "content": "x" * 100_000}]
    with pytest.raises(openai.APIStatusError) as refused:
        berth.client(key).chat.completions.create(model="berth", messages=big)
    assert refused.value.status_code == 413
    berth.client(key).chat.completions.create(model="berth", messages=QUESTION)


def requests_of(berth: Berth) -> int:
    """The number of requests that the service refused so far (4xx)."""
    text = berth.request("/metrics").body.decode()
    lines = [x for x in text.splitlines() if x.startswith("berth_http_requests_total")]
    return sum(int(float(x.split()[-1])) for x in lines if "4xx" in x)


def test_a_used_up_quota_is_429_and_not_repeated(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth(quotas={"requests_per_day": 2, "tokens_per_day": 1_000_000})
    client = berth.client(berth.add_tenant("ann").key, max_retries=5)
    for _ in range(2):
        client.chat.completions.create(model="berth", messages=QUESTION)
    before = requests_of(berth)
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model="berth", messages=QUESTION)
    assert requests_of(berth) == before + 1, "the client repeated it in vain"
    assert refused.value.code == "insufficient_quota"
    assert 0 < float(refused.value.response.headers["retry-after"]) <= 86_400
    other = berth.client(berth.add_tenant("ben").key)
    other.chat.completions.create(model="berth", messages=QUESTION)


def test_a_quota_counts_tokens_too(own_berth: Callable[..., Berth]) -> None:
    berth = own_berth(quotas={"requests_per_day": 100, "tokens_per_day": 5})
    with pytest.raises(openai.RateLimitError):
        berth.client(berth.add_tenant("ann").key).chat.completions.create(
            model="berth", messages=QUESTION
        )


def test_a_suspended_tenant_is_refused_until_resumed(berth: Berth, tenant: Tenant) -> None:
    client = berth.client(tenant.key)
    berth.admin("tenant", "suspend", tenant.name)
    with pytest.raises((openai.PermissionDeniedError, openai.AuthenticationError)):
        client.chat.completions.create(model="berth", messages=QUESTION)
    berth.admin("tenant", "resume", tenant.name)
    client.chat.completions.create(model="berth", messages=QUESTION)


@pytest.mark.parametrize(
    "model, error",
    [
        ("too-long", openai.BadRequestError),
        ("500", openai.InternalServerError),
        ("429-long", openai.RateLimitError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_providers_error_comes_before_the_first_byte(
    faulty: Faulty, fake: FakeOpenAI, model: str, error: type[openai.APIStatusError], stream: bool
) -> None:
    with pytest.raises(error) as refused:
        faulty(fake, model).chat.completions.create(
            model="berth", messages=QUESTION, stream=stream
        )
    assert "sk-fake" not in str(refused.value)


def test_an_error_in_the_middle_of_a_stream_reaches_the_client(
    faked: Berth, faked_tenant: Tenant
) -> None:
    stream = faked.client(faked_tenant.key).chat.completions.create(
        model="fake/error-midway", messages=QUESTION, stream=True
    )
    text = ""
    with pytest.raises(openai.APIError):
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    assert text, "the text before the error is delivered"


def test_twenty_at_once_get_their_own_answers(faked: Berth, faked_tenant: Tenant) -> None:
    client = faked.client(faked_tenant.key)

    def ask(number: int) -> str:
        messages = [{"role": "user", "content": f"number {number}"}]
        if number % 2:
            return (
                client.chat.completions.create(model="fake/echo", messages=messages)
                .choices[0]
                .message.content
            )
        stream = client.chat.completions.create(model="fake/echo", messages=messages, stream=True)
        return "".join(c.choices[0].delta.content or "" for c in stream if c.choices)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))
    assert answers == [f"number {n}" for n in range(20)]


def test_an_abandoned_stream_is_stopped_and_the_service_goes_on(
    faked: Berth, faked_tenant: Tenant
) -> None:
    client = faked.client(faked_tenant.key)
    for _ in range(3):
        with client.chat.completions.create(
            model="fake/drip", messages=QUESTION, stream=True
        ) as stream:
            next(iter(stream))
    assert client.chat.completions.create(model="fake/echo", messages=QUESTION).choices
