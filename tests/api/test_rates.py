"""So many requests a minute: told in headers, refused with 429 beyond, each client for itself."""

import asyncio

import pytest

from api.asgi import Rates
from api.settings import Limits
from tests.api.test_permissions import token


def test_the_headers_count_down_and_the_rest_is_refused(open_client):
    client = open_client(limits=Limits(requests=5))
    left = []
    for _ in range(5):
        answer = client.get("/v1/jobs")
        assert answer.status_code == 200
        assert answer.headers["ratelimit-policy"] == '"default";q=5;w=60'
        left.append(int(answer.headers["ratelimit"].split("r=")[1].split(";")[0]))
    assert left == [4, 3, 2, 1, 0]
    refused = client.get("/v1/jobs")
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:rca:problem:too-many")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 1 <= int(refused.headers["retry-after"]) <= 12
    assert "ratelimit" in refused.headers
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_health_is_always_told(open_client):
    client = open_client(limits=Limits(requests=1))
    client.get("/v1/jobs")
    assert client.get("/v1/jobs").status_code == 429
    assert {client.get(place).status_code for place in ("/healthz", "/readyz") for _ in range(5)} == {200}


def test_a_token_is_a_client_of_its_own(open_client):
    client = open_client(limits=Limits(requests=3))
    one = token(client, ["admin"])
    other = token(client, ["read"], one)
    statuses = [client.get("/v1/jobs", headers=one).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert client.get("/v1/jobs", headers=other).status_code == 200


def test_made_up_tokens_are_no_way_around(open_client):
    client = open_client(limits=Limits(requests=4))
    one = token(client, ["admin"])
    assert client.get("/v1/jobs", headers=one).status_code == 200
    statuses = [
        client.get("/v1/jobs", headers={"Authorization": f"Bearer rca_{number:012x}_{'x' * 43}"}).status_code
        for number in range(5)
    ]
    assert statuses == [401, 401, 429, 429, 429]
    assert client.get("/v1/jobs", headers=one).status_code == 200, "whoever has a token is not in their way"


@pytest.fixture
def limited():
    clock = [0.0]

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    rates = Rates(app, per_minute=60, clock=lambda: clock[0])

    def ask(address="10.0.0.1"):
        answers = []

        async def send(message):
            answers.append(message)

        scope = {"type": "http", "path": "/v1/jobs", "client": (address, 1), "headers": []}
        asyncio.run(rates(scope, None, send))
        return answers[0]["status"]

    return ask, clock, rates


def test_the_bucket_refills_evenly(limited):
    ask, clock, _ = limited
    assert [ask() for _ in range(61)] == [200] * 60 + [429]
    clock[0] += 1
    assert [ask(), ask()] == [200, 429]
    clock[0] += 3600
    assert [ask() for _ in range(61)] == [200] * 60 + [429]


def test_one_client_is_not_in_the_way_of_another(limited):
    ask, _, _ = limited
    for _ in range(61):
        ask()
    assert ask() == 429
    assert ask("10.0.0.2") == 200


def test_it_remembers_a_bounded_number_of_clients(limited):
    _, _, rates = limited
    for number in range(10_050):
        rates._take(str(number))
    assert len(rates.buckets) == 10_000
    assert "10049" in rates.buckets
