"""The database of `rca demo --serve`: built once, used again, never written over what is not its own."""

import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from rca.cases import case, procedure
from rca.demo.season import DAYS, SEASON
from rca.demo.site import MARKER, end_of_log, make_site
from rca.errors import InputError
from rca.export import json_schema
from rca.incidents import handled, incident_page
from rca.warehouse import Warehouse
from rca.watch import drift_overview, freshness
from rca.weekly import actions, add_action, kept_review, kept_weeks
from rca.weekly.answers import FamilyQuality, answers

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 11, 21, 12, tzinfo=UTC)),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 21, 12, tzinfo=UTC)),
        (datetime(2026, 11, 21, 11, 59, tzinfo=UTC), datetime(2026, 11, 14, 12, tzinfo=UTC)),
    ],
)
def test_the_log_ends_on_the_last_saturday_noon(now, end):
    assert end_of_log(now) == end


def test_reports_fit_the_faults_and_the_log():
    for report in SEASON:
        assert DAYS > report.healthy[0] > report.healthy[1] > report.since > report.noticed >= 0
        assert report.until < report.since
        if report.fault:
            assert (report.fault.extent.onset, report.fault.extent.until) == (report.since, report.until)
    assert sum(report.fault is None for report in SEASON) == 1
    assert len({report.fault.cause.__qualname__ for report in SEASON if report.fault}) >= 10


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    told = []
    folder = tmp_path_factory.mktemp("site") / "demo"
    make_site(folder, NOW, lambda *what: told.append(what), only={"inc-103", "inc-106", "inc-112"})
    return folder, told


def test_incidents_are_explained_and_reviewed(site):
    folder, told = site
    assert [done for _, done, _ in told] == list(range(told[0][2]))
    with Warehouse(folder / "rca.duckdb") as warehouse:
        rows = {row.incident: row for row in incident_page(warehouse).rows}
        weeks = [week for week, *_ in kept_weeks(warehouse)]
        items = actions(warehouse, NOW)
    assert set(rows) == {"inc-103", "inc-106", "inc-112"}
    assert (rows["inc-106"].outcome, rows["inc-106"].state) == ("no_fault", "closed")
    assert rows["inc-103"].right.key == ("latency_component", "feature-db", "SELECT features")
    assert (rows["inc-112"].records, rows["inc-112"].outcome, rows["inc-112"].state) == (0, None, "open")
    assert rows["inc-112"].first.family == "downstream_change"
    assert all(row.detected_at < end_of_log(NOW) for row in rows.values())
    assert weeks == sorted(weeks, reverse=True)
    assert len(weeks) >= 2
    assert items == ()  # those of the incidents that are not there are left out


def test_what_is_there_is_used_again(site):
    folder, _ = site
    before = (folder / "rca.duckdb").stat().st_mtime_ns
    assert make_site(folder, NOW + timedelta(days=100)) == folder / "rca.duckdb"
    assert (folder / "rca.duckdb").stat().st_mtime_ns == before


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="not made by"):
        make_site(tmp_path, NOW)
    with pytest.raises(InputError, match="is a file"):
        make_site(tmp_path / "thesis.txt", NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_site_of_another_build_is_refused(tmp_path):
    (tmp_path / "rca.duckdb").touch()
    (tmp_path / MARKER).write_text("0\n")
    with pytest.raises(InputError, match="another version"):
        make_site(tmp_path, NOW)


def test_what_people_read_satisfies_the_published_schemas(site):
    folder, _ = site
    with Warehouse(folder / "rca.duckdb") as warehouse:
        week = kept_weeks(warehouse)[0][0]
        made = add_action(warehouse, "Watch the offer's days", "ana", NOW, owner="business", due=NOW.date())
        told = {
            "review": kept_review(warehouse, week),
            "handling": handled(warehouse, "inc-103"),
            "case": case(warehouse, "inc-103", NOW),
            "action": made,
            "procedure": procedure(warehouse, "outliers", NOW),
        }
    for name, document in told.items():
        jsonschema.validate(json.loads(document.model_dump_json(by_alias=True)), json_schema(name))


def test_how_good_the_answers_were_is_counted(site):
    folder, _ = site
    with Warehouse(folder / "rca.duckdb") as warehouse:
        found = answers(warehouse)
    assert (found.settled, found.judged) == (1, 2)
    assert found.families == (FamilyQuality("latency_component", 1, 1, 1),)
    assert (found.share(1), found.share(3)) == (1.0, 1.0)
    assert [each.n for each in found.curve] == [1]
    assert sum(each.right for each in found.calibration) == 1  # nothing was wrong with the overbooking cost
    assert 0 < found.calibration_error < 1


def test_the_last_of_every_source_and_what_drifted(site):
    folder, _ = site
    with Warehouse(folder / "rca.duckdb") as warehouse:
        sources = {(each.source, each.node): each for each in freshness(warehouse)}
        found = drift_overview(warehouse, ["guest-intent", "cancellation-risk", "no such model"])
    log = sources["predictions", "guest-intent"]
    assert log.rows == 40_000
    assert log.usual == pytest.approx(timedelta(days=1), abs=timedelta(hours=3))
    assert not log.late(log.last + timedelta(days=2))
    assert log.late(log.last + timedelta(days=4))
    assert sources["traces", None].usual is None
    assert set(found) == {"guest-intent", "cancellation-risk"}
    columns = found["guest-intent"].columns
    assert found["guest-intent"].last.replace(tzinfo=UTC) == end_of_log(NOW) - timedelta(hours=1)
    by_name = {each.column: each for each in columns}
    assert columns[0].psi == max(each.psi for each in columns)
    assert by_name["deposit_type"].psi > 0.25  # it had another name for days
    assert by_name["deposit_type"].null_now > by_name["deposit_type"].null_before
    assert by_name["agent"].psi < 0.1
