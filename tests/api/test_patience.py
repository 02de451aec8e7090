"""Who does not get to the end of a request's head is not waited for; who does is."""

import asyncio

import pytest
import uvicorn

from api import patience

HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


async def app(scope, receive, send):
    if scope["type"] == "http":
        await asyncio.sleep(0.6)  # longer than a head may take
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


async def ended(*parts, pause=0.0):
    """Return what the server answers to parts that are sent with pauses, until it closes or has nothing to say."""
    config = uvicorn.Config(app, port=0, http=patience.Patient, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        for _ in range(3):
            answers.append(await asyncio.wait_for(reader.read(1000), 1.5))
            if not answers[-1]:
                break
    except OSError:  # TimeoutError is one
        answers.append(None)
    writer.close()
    server.should_exit = True
    await running
    return answers


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.3)


@pytest.mark.parametrize("part", [b"", b"GET / HT", HEAD[:-2]], ids=["nothing", "a line", "a head that does not end"])
def test_who_does_not_finish_is_let_go(part):
    assert asyncio.run(ended(part)) == [b""]


def test_a_head_in_drops_is_let_go():
    answers = asyncio.run(ended(*(bytes([byte]) for byte in HEAD[:12]), pause=0.05))
    assert answers[-1] in (b"", None)
    assert b"200 OK" not in b"".join(answer or b"" for answer in answers)


def test_who_finishes_is_waited_for_however_long_the_answer_takes():
    answers = asyncio.run(ended(HEAD))
    assert b"200 OK" in answers[0]
    assert answers[-1] is None, "the connection is kept"


def test_a_further_request_that_does_not_finish_is_let_go():
    answers = asyncio.run(ended(HEAD, b"GET / HT", pause=1.0))
    assert b"200 OK" in answers[0]
    assert answers[-1] == b""
