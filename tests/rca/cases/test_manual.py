"""Each family has a procedure, and a site may make it its own."""

import re
from datetime import UTC, date, datetime

import pytest

from candidates import families
from rca.cases import edit_procedure, history_of, procedure, procedures
from rca.cases.manual import SECTIONS, shipped
from rca.cli.app import COMMANDS
from rca.errors import Conflict, InputError, UnknownName

NOW = datetime(2026, 11, 25, tzinfo=UTC)
BODY = "\n\n".join(f"## {section}\n\nCall Ana." for section in SECTIONS)


def test_every_family_has_a_procedure_and_no_other_has():
    assert set(shipped()) == set(families())


@pytest.mark.parametrize("family", sorted(families()))
def test_a_procedure_has_its_sections_an_owner_a_date_and_commands(family):
    found = shipped()[family]
    assert re.findall(r"^## (.+)$", found.body, re.MULTILINE) == list(SECTIONS)
    assert 38 <= len(found.body.splitlines()) <= 80
    assert (found.version, found.owner != "", found.review_by > date(2026, 12, 31)) == (1, True, True)
    named = set(re.findall(r"`rca (\w+)", found.body))
    assert "label" in named
    assert named <= set(COMMANDS)


def test_a_site_makes_versions_of_its_own_and_all_are_kept(site):
    first = edit_procedure(site, "outliers", BODY, "ana", NOW, review_by=date(2027, 1, 1))
    assert (first.version, first.title, first.written_by) == (2, shipped()["outliers"].title, "ana")
    second = edit_procedure(
        site, "outliers", BODY, "bo", NOW, review_by=date(2027, 2, 1), owner="soc", title="Bots", expected_version=2
    )
    assert procedure(site, "outliers", NOW) == second
    assert [each.version for each in history_of(site, "outliers")] == [1, 2, 3]
    assert procedure(site, "outliers", NOW, version=1).body == shipped()["outliers"].body
    assert next(each for each in procedures(site, NOW) if each.family == "outliers") == second
    assert len(procedures(None, NOW)) == len(families())


def test_what_is_overdue_is_said():
    assert all(each.overdue for each in procedures(None, datetime(2040, 1, 1, tzinfo=UTC)))
    assert not any(each.overdue for each in procedures(None, NOW))


@pytest.mark.parametrize(
    ("parts", "error", "what"),
    [
        ({"family": "outlier"}, UnknownName, "did you mean 'outliers'"),
        ({"body": "## Diagnose\n"}, InputError, "lacks the section Confirm"),
        ({"review_by": date(2020, 1, 1)}, InputError, "is past"),
        ({"body": BODY + "x" * 200_000}, InputError, "characters long"),
        ({"owner": "\u200b"}, InputError, "an owner"),
        ({"expected_version": 7}, Conflict, "at version 1, not 7"),
    ],
)
def test_a_version_that_cannot_be_used_is_refused(site, parts, error, what):
    given = {"family": "outliers", "body": BODY, "review_by": date(2027, 1, 1)} | parts
    with pytest.raises(error, match=what):
        edit_procedure(site, given.pop("family"), given.pop("body"), "ana", NOW, **given)
    assert len(history_of(site, "outliers")) == 1


def test_a_version_or_family_that_is_not_there(site):
    with pytest.raises(InputError, match="no version 4; there are 1"):
        procedure(site, "outliers", NOW, version=4)
    with pytest.raises(UnknownName):
        procedure(site, "nothing", NOW)
