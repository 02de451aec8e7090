"""Where the service listens: a busy port is told in one line, port 0 takes a free one."""

import asyncio
import socket

import pytest

from api.serve import listening
from rca.cli.entry import main
from rca.errors import InputError


def test_a_free_port_is_taken() -> None:
    with listening("127.0.0.1", 0) as first, listening("127.0.0.1", 0) as second:
        ports = {each.getsockname()[1] for each in (first, second)}
        assert len(ports) == 2
        assert 0 not in ports


def test_a_busy_port_is_told_with_what_to_do() -> None:
    with listening("127.0.0.1", 0) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port}: address already in use") as told:
            listening("127.0.0.1", port)
    assert "--port" in str(told.value)
    listening("127.0.0.1", port).close()


def test_the_demo_looks_for_its_port_before_it_works(tmp_path, capsys) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert main(["demo", "--serve", "--port", port, "--dir", str(tmp_path / "site")]) == 2
    assert "address already in use" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(InputError, match=r"cannot listen on 192\.0\.2\.1"):
        listening("192.0.2.1", 0)


def test_answers_are_sent_at_once() -> None:
    """Without it every answer over a kept connection waits 40 ms for the client to acknowledge its headers."""

    async def told(listener: socket.socket) -> int:
        seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            seen.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(connected, sock=listener):
            _, client = await asyncio.open_connection(*listener.getsockname()[:2])
            client.close()
            return await seen

    with listening("127.0.0.1", 0) as listener:
        assert asyncio.run(told(listener))
