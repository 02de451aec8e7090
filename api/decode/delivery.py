"""Make a delivery of decoded content."""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from rca.live.delivery import Delivery, Lines, Source


def delivery(
    source: Source,
    content: Lines | pa.Table,
    body: bytes,
    at: datetime,
    *,
    node: str | None = None,
    key: str | None = None,
) -> Delivery:
    """Return a delivery; without a key of the sender's, the same body again is the same delivery."""
    digest = _digest([source.encode(), (node or "").encode(), body])
    return Delivery(
        id=uuid.uuid4().hex,
        key=f"key:{key}" if key else f"content:{digest}",
        digest=digest,
        source=source,
        content=content,
        node=node,
        received_at=at,
    )


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
