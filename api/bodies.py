"""Request bodies: never more in memory than is allowed, compressed or not."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api.problems import Problem

SLACK = 64 * 1024
INFLATED_HERE = 2_048
"""So many compressed bytes cost less than the way to another thread."""

PATIENCE_S = 30
"""So long a client may send nothing."""


async def read_body(request: Request, most: int, most_inflated: int) -> bytes:
    """Return the body, inflated when it was sent with gzip or deflate.

    Parameters
    ----------
    most, most_inflated
        Bytes that are accepted as they are sent, and after inflating.

    Raises
    ------
    Problem
        413 as soon as it is too large, 415 for another encoding, 400 when it is not what its encoding says.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise _too_large(most)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return await _joined(_limited(request, most))
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Problem(
            415,
            "encoding",
            f"content-encoding {encoding[:40]!r} is not known; send gzip, deflate or none",
            headers={"Accept-Encoding": "gzip, deflate"},
        )
    return await _joined(_inflated(_limited(request, most), most_inflated))


async def _joined(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def _limited(request: Request, most: int) -> AsyncIterator[bytes]:
    total = 0
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(PATIENCE_S):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise Problem(408, "slow", f"nothing came for {PATIENCE_S} seconds; send it again") from error
        if chunk is None:
            return
        total += len(chunk)
        if total > most:
            raise _too_large(most)
        yield chunk


async def _inflated(chunks: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    inflate = zlib.decompressobj(wbits=47)  # gzip or zlib, as its first bytes say
    total = 0
    try:
        async for chunk in chunks:
            waiting = chunk
            while waiting:
                out = await _apart(inflate.decompress, waiting, SLACK * 16)
                total += len(out)
                if total > most:
                    raise Problem(
                        413, "too-large", f"the body is larger than {most} bytes when inflated; send less at a time"
                    )
                if out:
                    yield out
                waiting = inflate.unconsumed_tail
                if inflate.eof and inflate.unused_data:  # gzip files may follow one another
                    waiting, inflate = inflate.unused_data, zlib.decompressobj(wbits=47)
    except zlib.error as error:
        raise Problem(400, "encoding", "the body is not what its content-encoding says") from error
    if not inflate.eof and total:
        raise Problem(400, "encoding", "the compressed body breaks off")


async def _apart(decompress: Callable[[bytes, int], bytes], content: bytes, most: int) -> bytes:
    """Return what inflating gives; where that takes long, other requests are answered meanwhile."""
    if len(content) < INFLATED_HERE:
        return decompress(content, most)
    return await run_in_threadpool(decompress, content, most)


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", f"the body is larger than {most} bytes; send less at a time")
