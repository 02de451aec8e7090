"""Webhooks: signed, tried again, and sent nowhere that they may not go."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from api.hooks import sending
from api.hooks.address import addresses_of, is_public, target_of
from api.hooks.sending import send
from rca.errors import InputError
from rca.live.hooks import WAITS, Hook, Message, new_secret
from tests.api.doors.house import House
from tests.api.doors.receiver import Receiver

INCIDENT = {
    "id": "inc-1",
    "node": "scorer",
    "metric": "auc",
    "detected_at": "2026-03-04T10:00:00Z",
    "title": "AUC fell",
}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    """A service whose hooks may go to this machine."""
    with House(tmp_path / "rca.duckdb", private_hooks=True) as opened:
        opened.at = datetime.now(UTC)  # receivers look at the clock
        yield opened


def hooked(house: House, receiver: Receiver, *events: str) -> dict[str, Any]:
    answer = house.client.post("/v1/hooks", json={"url": receiver.url, "events": list(events)})
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliveries(house: House, hook: dict[str, Any]) -> list[dict[str, Any]]:
    return house.client.get(f"/v1/hooks/{hook['id']}/deliveries").json()


def test_what_happens_to_an_incident_arrives_signed(home: House) -> None:
    with Receiver() as receiver:
        hook = hooked(home, receiver)
        home.client.post("/v1/incidents", json=INCIDENT)
        home.client.post("/v1/incidents/inc-1:close", json={"reason": "rolled back"})
        home.service.herald.round()
    told = [Webhook(hook["secret"]).verify(got.body, got.headers) for got in receiver.got]
    assert [each["type"] for each in told] == ["incident.opened", "incident.closed"]
    assert told[0]["data"] | {"at": ""} == {
        "incident": "inc-1",
        "node": "scorer",
        "metric": "auc",
        "title": "AUC fell",
        "severity": None,
        "who": "local",
        "at": "",
    }
    assert told[1]["data"]["reason"] == "rolled back"
    assert {each["state"] for each in deliveries(home, hook)} == {"delivered"}


def test_another_secret_or_body_does_not_verify(home: House) -> None:
    with Receiver() as receiver:
        hook = hooked(home, receiver)
        home.client.post(f"/v1/hooks/{hook['id']}:test")
    got = receiver.got[0]
    assert Webhook(hook["secret"]).verify(got.body, got.headers)["type"] == "hook.test"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(hook["secret"]).verify(got.body + b" ", got.headers)


def test_a_hook_is_told_of_what_it_asked_for(home: House) -> None:
    with Receiver() as receiver:
        hook = hooked(home, receiver, "analysis.ready")
        home.client.post("/v1/incidents", json=INCIDENT)
        home.service.told("analysis.ready", {"incident": "inc-1", "first": None, "none_of_these": 0.9})
        home.service.herald.round()
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["analysis.ready"]
    assert home.client.post("/v1/hooks", json={"url": receiver.url, "events": ["all"]}).status_code == 422
    assert len(deliveries(home, hook)) == 1


def test_what_happened_before_is_not_told(home: House) -> None:
    home.client.post("/v1/incidents", json=INCIDENT)
    home.later(seconds=1)
    with Receiver() as receiver:
        hooked(home, receiver)
        home.service.herald.round()
    assert receiver.got == []


def test_a_message_is_tried_again_after_ever_longer_waits(home: House) -> None:
    with Receiver(answers=[500, 503]) as receiver:
        hook = hooked(home, receiver)
        home.client.post("/v1/incidents", json=INCIDENT)
        home.service.herald.round()
        first = deliveries(home, hook)[0]
        assert (first["state"], first["tries"], first["status"], first["error"]) == ("waiting", 1, 500, "answered 500")
        home.service.herald.round()  # nothing is due
        assert len(receiver.got) == 1
        home.later(seconds=5)
        home.service.herald.round()
        assert deliveries(home, hook)[0]["tries"] == 2
        home.later(seconds=299)
        home.service.herald.round()
        assert len(receiver.got) == 2
        home.later(seconds=1)
        home.service.herald.round()
        last = deliveries(home, hook)[0]
    assert (last["state"], last["tries"], last["status"], last["next_at"]) == ("delivered", 3, 204, None)
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 3


def test_a_message_is_given_up_in_the_end_and_at_once_where_nobody_wants_it(home: House) -> None:
    with Receiver(answers=[500] * 20) as receiver:
        hook = hooked(home, receiver)
        home.client.post("/v1/incidents", json=INCIDENT)
        for wait in WAITS:
            home.later(seconds=wait.total_seconds())
            home.service.herald.round()
        home.later(days=3)
        home.service.herald.round()
        assert (deliveries(home, hook)[0]["state"], len(receiver.got)) == ("given_up", len(WAITS))
        receiver.answers[:] = [410]
        home.client.post("/v1/incidents/inc-1:close", json={})
        home.service.herald.round()
        assert (deliveries(home, hook)[0]["state"], deliveries(home, hook)[0]["tries"]) == ("given_up", 1)


def test_messages_outlive_the_service(tmp_path: Path) -> None:
    path = tmp_path / "rca.duckdb"
    with Receiver() as receiver:
        with House(path, private_hooks=True) as house:
            house.at = datetime.now(UTC)
            hook = hooked(house, receiver)
            receiver.answers[:] = [500]
            house.client.post("/v1/incidents", json=INCIDENT)
            house.service.herald.round()
        with House(path, private_hooks=True) as house:
            house.at = datetime.now(UTC)
            house.later(seconds=6)
            house.service.herald.round()
            assert deliveries(house, hook)[0]["state"] == "delivered"
    assert len(receiver.got) == 2


def test_a_redirect_is_not_followed(home: House) -> None:
    with Receiver() as inner, Receiver(answers=[302, 307, 308], location=inner.url) as receiver:
        hook = hooked(home, receiver)
        sent = [home.client.post(f"/v1/hooks/{hook['id']}:test").json() for _ in range(3)]
    assert [(each["state"], each["status"]) for each in sent] == [("given_up", s) for s in (302, 307, 308)]
    assert (len(receiver.got), inner.got) == (3, [])


def test_after_a_rotation_both_secrets_verify_for_a_day(home: House) -> None:
    with Receiver() as receiver:
        first = hooked(home, receiver)
        second = home.client.post(f"/v1/hooks/{first['id']}:rotate").json()
        home.client.post(f"/v1/hooks/{first['id']}:test")
        for secret in (first["secret"], second["secret"]):
            assert Webhook(secret).verify(receiver.got[0].body, receiver.got[0].headers)
        home.later(days=1, seconds=1)
        home.client.post(f"/v1/hooks/{first['id']}:test")
    assert " " not in receiver.got[1].headers["webhook-signature"]
    assert first["secret"] != second["secret"]


def test_a_hook_that_was_deleted_is_told_nothing(home: House) -> None:
    with Receiver(answers=[500]) as receiver:
        hook = hooked(home, receiver)
        home.client.post("/v1/incidents", json=INCIDENT)
        home.service.herald.round()
        assert home.client.delete(f"/v1/hooks/{hook['id']}").status_code == 200
        home.later(days=1)
        home.service.herald.round()
    assert len(receiver.got) == 1
    assert home.client.get("/v1/hooks").json() == []
    assert home.client.post(f"/v1/hooks/{hook['id']}:test").status_code == 404
    assert home.client.get(f"/v1/hooks/{hook['id']}/deliveries").status_code == 404


def test_a_secret_is_shown_once_and_only_to_who_administers(home: House) -> None:
    with Receiver() as receiver:
        hook = hooked(home, receiver)
    assert hook["secret"] not in home.client.get("/v1/hooks").text + home.client.get("/v1/audit").text
    home.token("admin")
    for scope in ("ingest", "read", "review", "train"):
        headers = home.bearer(scope)
        for method, path in (
            ("GET", "/v1/hooks"),
            ("POST", "/v1/hooks"),
            ("DELETE", "/v1/hooks/x"),
            ("POST", "/v1/hooks/x:test"),
            ("POST", "/v1/hooks/x:rotate"),
            ("GET", "/v1/hooks/x/deliveries"),
        ):
            answer = home.client.request(method, path, headers=headers, json={"url": "https://example.org"})
            assert answer.status_code == 403


PRIVATE = [
    *(
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
    ),
    *("100.64.0.1", "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::", "::127.0.0.1", "2001:db8::1", "x"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_in_every_disguise(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


REFUSED = [
    *("http://example.org/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/"),
    *("https://0x7f.1/", "https://127.1/", "https://169.254.169.254/latest/meta-data", "https://[::ffff:127.0.0.1]/"),
    *("ftp://example.org/", "file:///etc/passwd", "gopher://127.0.0.1/", "javascript:alert(1)", "https://", "//x"),
    *("https://user:pw@1.1.1.1/", "https://1.1.1.1/#x", "https://1.1.1.1:99999/", "https://1.1.1.1/\r\nX: y"),
    *("https://ex ample.org/", "https://[::1", "https://1.1.1.1/" + "a" * 2000, "https://localhost.:8600/"),
    "https://127。0。0。1/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_hooks_that_cannot_be_made(shared: House, url: str) -> None:
    answer = shared.client.post("/v1/hooks", json={"url": url})
    assert answer.status_code == 422, answer.text
    assert shared.client.get("/v1/hooks").json() == []


def resolving(*answers: str) -> Any:
    """Return a resolver that gives one address after another, and counts."""
    left = list(answers)

    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (left.pop(0), port))]

    resolve.left = left  # type: ignore[attr-defined]
    return resolve


def message(url: str) -> tuple[Hook, Message]:
    at = datetime.now(UTC)
    return Hook("h", url, (), at, "ana", (new_secret(),)), Message("msg_1", "h", "hook.test", "{}", at)


def test_a_name_that_means_something_else_later_leads_nowhere() -> None:
    """DNS rebinding: public while the hook is made, this machine when it is sent."""
    with Receiver() as receiver:
        resolve = resolving("1.1.1.1", "127.0.0.1")
        target = target_of(f"https://rebind.example:{receiver.port}/", private=False)
        assert addresses_of(target, private=False, resolve=resolve) == ["1.1.1.1"]
        sent = send(
            *message(f"https://rebind.example:{receiver.port}/"), datetime.now(UTC), private=False, resolve=resolve
        )
    assert (sent.status, receiver.got) == (None, [])
    assert "private address" in (sent.error or "")


def test_a_name_is_looked_up_once_and_the_judged_address_is_spoken_to() -> None:
    with Receiver() as receiver:
        resolve = resolving("127.0.0.1", "192.0.2.1")
        url = f"http://receiver.example:{receiver.port}/in?a=1"
        sent = send(*message(url), datetime.now(UTC), private=True, resolve=resolve)
    assert (sent.status, resolve.left) == (204, ["192.0.2.1"])
    assert receiver.got[0].headers["host"] == f"receiver.example:{receiver.port}"
    assert receiver.got[0].path == "/in?a=1"


def test_one_private_address_among_public_ones_is_enough() -> None:
    def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", ("1.1.1.1", port)), (0, 0, 0, "", ("10.0.0.1", port))]

    with pytest.raises(InputError, match="private address"):
        addresses_of(target_of("https://mixed.example/", private=False), private=False, resolve=resolve)


def test_a_receiver_that_dawdles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PATIENCE_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                try:
                    for _ in range(100):
                        peer.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        started = time.monotonic()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        sent = send(*message(url), datetime.now(UTC), private=True)
        assert time.monotonic() - started < 3
        thread.join()
    assert sent.status is None


def test_a_receiver_that_is_not_there_or_speaks_no_tls() -> None:
    with Receiver() as receiver:
        plain = send(*message(f"https://127.0.0.1:{receiver.port}/"), datetime.now(UTC), private=True)
    gone = send(*message(receiver.url), datetime.now(UTC), private=True)
    assert (plain.status, "SSL" in (plain.error or "")) == (None, True)
    assert (gone.status, "ConnectionRefused" in (gone.error or "")) == (None, True)
