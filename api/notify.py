"""Notifications to people (Slack, Teams, PagerDuty, e-mail, …) through apprise, the extra `notify`.

Where they go is in the server's own configuration or environment: never in the API, never in data.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from rca.errors import InputError
from rca.report.words import clean, percent, spoken

VARIABLE = "RCA_NOTIFY_URLS"
LONGEST_TITLE, LONGEST_TEXT = 200, 2000


class Notifier:
    """Tells people.

    Parameters
    ----------
    urls
        Where to, as apprise writes it: `slack://…`, `mailto://…`.
    public_url
        Where the service is reached by people; links lead there.

    Raises
    ------
    InputError
        When apprise is not installed, or does not know a URL.
    """

    def __init__(self, urls: Sequence[str], public_url: str | None = None) -> None:
        self.public_url = public_url
        self._apprise = _opened(urls) if urls else None

    def tell(self, event: str, data: Mapping[str, Any]) -> bool:
        """Tell people of an event; return whether all were reached, or nobody wants to hear of it."""
        words = said(event, data, self.public_url)
        if self._apprise is None or words is None:
            return True
        return bool(self._apprise.notify(title=words[0], body=words[1], body_format="text"))


def said(event: str, data: Mapping[str, Any], public_url: str | None = None) -> tuple[str, str] | None:
    """Return title and text of what people are told of an event; None where they are not."""
    if event == "analysis.ready":
        place = f"/incidents/{quote(str(data['incident']), safe='')}"
        title, lines = _analysis(data)
    elif event == "review.ready":
        place = f"/reviews/{quote(str(data['week']), safe='')}"
        title, lines = f"Weekly review {data['week']}", [str(data.get("headline") or "It is frozen and can be read.")]
    else:
        return None
    text = "\n".join(clean(line, LONGEST_TEXT) for line in lines)
    return clean(title, LONGEST_TITLE), f"{text}\n{public_url.rstrip('/')}{place}" if public_url else text


def _analysis(data: Mapping[str, Any]) -> tuple[str, list[str]]:
    name, first = str(data["incident"]), data.get("first")
    other = f"None of these: {percent(data['none_of_these'])}."
    if not first:
        return f"{name}: no cause was found", [other]
    where = ", ".join(str(first[part]) for part in ("node", "subject") if first[part])
    title = f"{name}: {spoken(first['family'])} in {where} ({percent(first['confidence'])})"
    return title, [str(first["summary"]), other]


def urls_of(configured: Sequence[str]) -> tuple[str, ...]:
    """Return where notifications go: as configured, and as the environment says."""
    return (*configured, *os.environ.get(VARIABLE, "").split())


def _opened(urls: Sequence[str]) -> Any:
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise InputError("notifications need apprise", mend="install rca-engine[notify]") from error
    made = apprise.Apprise()
    for number, url in enumerate(urls, 1):
        if not made.add(url):  # the URL holds a secret, and is not shown
            raise InputError(f"URL {number} of the notifications cannot be used", mend="write it as apprise has it")
    return made
