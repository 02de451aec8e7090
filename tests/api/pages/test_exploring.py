"""A share of the answers is shown with the first causes in random order: to reviewers, once the incident is closed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rca.review import listing
from schemas.analysis import Analysis
from tests.api.pages.forms import form, read
from tests.api.pages.story import GRAVE, PLAIN, THIRD, as_, serve
from tests.api.pages.test_labelling import page, records, send


@pytest.fixture
def exploring(story_db: Path, tmp_path: Path) -> Iterator[Any]:
    """A service that shows every closed incident shuffled."""
    shutil.copy(story_db, tmp_path / "rca.duckdb")
    with serve(tmp_path / "rca.duckdb", explore=1.0) as client:
        yield client


def answered(client: Any, incident: str) -> Analysis:
    return Analysis.model_validate(client.get(f"/v1/incidents/{incident}").json()["analysis"])


def shuffled(client: Any) -> str:
    """Return an incident whose first cause does not stay first."""
    for name in (PLAIN, GRAVE, THIRD):
        answer = answered(client, name)
        if listing(answer, 1.0).causes[0].key != answer.causes[0].key:
            return name
    raise AssertionError("every order drawn is that of the answer")


def close(client: Any, incident: str) -> str:
    send(client, form(page(client, "ana", incident), "/state"), step="close", reason="rolled back")
    return page(client, "ana", incident)


def shown(html: str) -> list[tuple[str, str]]:
    verdicts = [each for each in read(html).forms if each.action.split("?")[0].endswith("/verdict")]
    return [(each.fields["family"], each.fields["subject"]) for each in verdicts]


def test_while_an_incident_is_open_the_likeliest_cause_is_first(exploring) -> None:
    name = shuffled(exploring)
    html = page(exploring, "ana", name)
    assert shown(html) == [(c.family, c.subject or "") for c in answered(exploring, name).causes]
    assert "explored" not in read(html).ids
    assert form(html, "/verdict").fields["explored"] == "false"


def test_a_closed_one_is_shuffled_and_says_so_and_the_record_does(exploring) -> None:
    name = shuffled(exploring)
    html = close(exploring, name)
    answer = answered(exploring, name)
    assert shown(html) == [(c.family, c.subject or "") for c in listing(answer, 1.0).causes]
    assert "explored" in read(html).ids
    send(exploring, form(html, "/verdict"), verdict="rejected")
    (kept,) = records(exploring, name)
    first = listing(answer, 1.0).causes[0]
    assert (kept["rank"], kept["explored"], kept["cause"]["family"]) == (1, True, first.family)
    assert kept["score"] == pytest.approx(first.confidence)


def test_each_cause_keeps_its_own_charts_wherever_it_is_shown(exploring) -> None:
    name = shuffled(exploring)
    answer = answered(exploring, name)
    html = close(exploring, name)
    cards = html.split('class="card cause"')[1:]
    for card, cause in zip(cards, listing(answer, 1.0).causes, strict=True):
        own = next(each.rank for each in answer.causes if each.key == cause.key)
        drawn = {part.split("e")[0] for part in card.split(f"/charts/{answer.id}/c")[1:]}
        assert drawn <= {str(own)}


def test_by_default_nothing_is_shuffled(fresh) -> None:
    name = shuffled(fresh)
    html = close(fresh, name)
    assert shown(html) == [(c.family, c.subject or "") for c in answered(fresh, name).causes]
    assert "random order" not in as_(fresh, "ana").get(f"/incidents/{name}").text
