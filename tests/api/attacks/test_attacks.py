"""An attack corpus against the service: none succeeds. Each case asserts what would be seen if it did."""

import html.parser
import socket
import threading
from urllib.parse import quote

import pytest

from tests.api import world
from tests.api.attacks.corpus import FORMULAS, MARKUP, PATHS, PROMPTS, SQL, URLS
from tests.api.conftest import fill, serving

TABLES = ("incidents", "feedback", "tokens", "systems", "files", "analyses", "kpis", "changes")
LISTED = ("text", "node", "owner", "family", "severity", "mine")
ADDRESSES = (
    "/v1/incidents/{}",
    "/v1/incidents/{}/analysis",
    "/v1/incidents/{}/similar",
    "/v1/incidents/{}/timeline",
    "/v1/incidents/{}/export?format=html",
    "/v1/feedback/{}",
    "/v1/receipts/{}",
    "/v1/receipts/{}/quarantine",
    "/v1/jobs/{}",
    "/v1/cases/{}",
    "/v1/procedures/{}",
    "/static/x/{}",
    "/incidents/{}",
)
TEXTS = ("title", "severity", "owner", "id")
CASES = len(SQL) * (len(LISTED) + 4 + len(ADDRESSES) + len(TEXTS)) + len(PATHS) * len(ADDRESSES)
CASES += len(URLS) * 6 + len(MARKUP) * 5 + len(FORMULAS) + 2 * len(PROMPTS)


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacked")
    (folder / "data").mkdir()
    with serving(folder / "data" / "rca.duckdb") as client:
        fill(client)
        assert client.post("/v1/incidents/inc-42:analyze", headers={"Prefer": "wait=60"}).status_code == 200
        yield client, folder


def counted(client):
    with client.app.state.service.store.reading() as warehouse:
        ask = warehouse.connection.execute
        return {table: ask(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def test_the_corpus_is_large():
    assert CASES >= 500


@pytest.mark.parametrize("attack", SQL)
def test_sql_in_queries_finds_nothing_and_changes_nothing(target, attack):
    client, _ = target
    before = counted(client)
    for name in LISTED:
        answer = client.get("/v1/incidents", params={name: attack})
        assert (answer.status_code, answer.json()["rows"]) == (200, []), name
    for address, name in (
        *(("/v1/incidents/inc-42/why-not", "of"), ("/v1/feedback", "incident"), ("/v1/incidents", "week")),
        ("/v1/incidents/inc-42/analysis", "id"),
    ):
        answer = client.get(address, params={name: attack})
        assert answer.status_code in (200, 400, 404), address
        if name == "of":
            assert (answer.json()["listed"], answer.json()["proposed"]) == ([], [])
        elif answer.status_code == 200:
            assert answer.json() == []
    for address in ADDRESSES:
        answer = client.get(address.format(quote(attack, safe="")))
        assert answer.status_code in (400, 404) or answer.json() == [], address
    assert counted(client) == before


@pytest.mark.parametrize("attack", SQL)
def test_sql_in_what_is_kept_is_kept_as_text(target, attack):
    client, _ = target
    before = counted(client)
    name = f"sql-{SQL.index(attack)}{attack}"
    said = world.INCIDENT | {"id": name, "title": attack, "severity": attack[:90], "owner": attack}
    made = client.post("/v1/incidents", json=said)
    assert made.status_code == 201, made.text
    kept = client.get(made.headers["location"]).json()
    assert {part: kept["incident"][part] for part in ("id", "title", "severity")} == {
        "id": name,
        "title": attack,
        "severity": attack[:90],
    }
    row = {"ts": "2026-03-04T10:00:00Z", "node": attack, "metric": attack, "value": 1.0, attack: attack}
    assert client.post("/v1/kpis", json=[row]).status_code == 200
    change = {"ts": "2026-03-04T10:00:00Z", "node": attack, "title": attack, "before": {attack: 1}, "after": attack}
    assert client.post("/v1/changes", json=[change]).status_code == 200
    after = counted(client)
    assert (after["incidents"], after["kpis"]) == (before["incidents"] + 1, before["kpis"] + 1)
    assert {name: after[name] for name in ("feedback", "tokens", "systems", "analyses")} == {
        name: before[name] for name in ("feedback", "tokens", "systems", "analyses")
    }


def test_sql_in_names_of_columns_is_a_name(open_client):
    client = open_client()
    client.put("/v1/system", json=world.SYSTEM)
    odd = [attack for attack in (*SQL, *MARKUP, *PATHS) if attack.strip()]
    rows = [row | dict.fromkeys(odd, number % 7) for number, row in enumerate(world.predictions(1500))]
    sent = client.post("/v1/predictions?node=fraud-scorer", json=rows)
    assert (sent.status_code, sent.json()["quarantined"]) == (200, 0), sent.text
    client.post("/v1/incidents", json=world.INCIDENT)
    done = client.post("/v1/incidents/inc-42:analyze", headers={"Prefer": "wait=60"})
    assert done.status_code == 200, done.text
    with client.app.state.service.store.reading() as warehouse:
        kept = {
            name for (name,) in warehouse.connection.execute("SELECT column_name FROM prediction_columns").fetchall()
        }
    assert set(odd) <= kept


@pytest.mark.parametrize("attack", PATHS)
def test_paths_lead_nowhere(target, attack):
    client, folder = target
    for address in ADDRESSES:
        for place in (attack, quote(attack, safe="")):
            answer = client.get(address.format(place))
            assert answer.status_code in (200, 303, 400, 404, 422), address
            assert "root:" not in answer.text
            assert "PATH=" not in answer.text
            assert b"DUCK" not in answer.content
    client.post("/v1/predictions", params={"node": attack}, json=world.predictions(2))
    key = {"Idempotency-Key": "".join(letter for letter in attack if letter.isascii() and letter.isprintable())}
    client.post("/v1/kpis", json=[{"ts": 1772618400, "node": attack, "metric": attack, "value": 1}], headers=key)
    assert [path.name for path in folder.iterdir()] == ["data"]
    assert {path.name for path in (folder / "data").iterdir()} <= {
        *("rca.duckdb", "rca.duckdb.wal", "rca.receipts", "rca.spool", "rca.backups")
    }


@pytest.fixture
def listener():
    """A port on loopback, and the connections that were made to it."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def listen():
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                connection.close()
                seen.append(address)

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], seen
        stop.set()
        thread.join()


def test_addresses_in_data_are_never_asked(open_client, listener):
    port, seen = listener
    client = open_client()
    client.put("/v1/system", json=world.SYSTEM)
    client.post("/v1/predictions?node=fraud-scorer", json=world.predictions(1500))
    for number, form in enumerate(URLS):
        url = form.format(port=port)
        change = world.CHANGE | {"url": url, "title": url, "author": url, "before": url, "after": url}
        assert client.post("/v1/changes", json=[change]).status_code == 200
        client.post("/v1/kpis", json=[{"ts": 1772618400, "node": url, "metric": url, "value": 1}])
        run = {"runId": str(number)}
        event = {
            "eventTime": "2026-03-04T09:00:00Z",
            "producer": url,
            "run": run,
            "job": {"namespace": url, "name": url},
        }
        event |= {"inputs": [{"namespace": url, "name": url}], "outputs": [{"namespace": url, "name": "payments-feed"}]}
        assert client.post("/api/v1/lineage", json=event).status_code == 201
        said = world.INCIDENT | {"id": f"inc-{number}", "title": url, "owner": url}
        assert client.post("/v1/incidents", json=said).status_code == 201
        client.post(f"/v1/incidents/inc-{number}/notes", json={"text": url})
        client.get("/v1/incidents/~" + url)
    assert client.post("/v1/incidents/inc-0:analyze", headers={"Prefer": "wait=60"}).status_code == 200
    for place in ("/v1/incidents/inc-0/export?format=html", "/v1/incidents/inc-0/timeline", "/incidents"):
        assert client.get(place).status_code == 200
    assert seen == []
    with socket.create_connection(("127.0.0.1", port)):
        pass
    threading.Event().wait(0.3)
    assert len(seen) == 1, "the listener does hear"


FETCHED = ("href", "src", "action", "formaction", "xlink:href", "data", "poster", "srcset")


class Active(html.parser.HTMLParser):
    """Collects what would run, or be fetched, in a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in ("iframe", "object", "embed", "base", "math"):
            self.found.append(tag)
        for name, value in attrs:
            asked = (value or "").lower().replace("\t", "") if name in FETCHED else ""
            if name.startswith("on") or "javascript:" in asked or "//x" in asked:
                self.found.append((tag, name, value))

    def handle_data(self, data):
        if self.cdata_elem == "script" and "attack" in data:
            self.found.append(("script", data[:80]))


def active(text):
    parser = Active()
    parser.feed(text)
    return parser.found


def test_what_is_active_would_be_found():
    live = [attack for attack in MARKUP if active(attack)]
    assert len(live) >= 12


@pytest.mark.parametrize("attack", MARKUP)
def test_markup_is_text_in_json_exports_and_pages(target, attack):
    client, _ = target
    name = f"xss-{MARKUP.index(attack)}"
    said = world.INCIDENT | {"id": name, "title": attack, "severity": attack, "owner": attack}
    assert client.post("/v1/incidents", json=said).status_code == 201
    assert client.post(f"/v1/incidents/{name}/notes", json={"text": attack}).status_code == 201
    assert (
        client.post("/v1/feedback", json={"incident": name, "kind": "no_fault", "comment": attack}).status_code == 201
    )
    told = client.get(f"/v1/incidents/{name}")
    assert told.headers["content-type"] == "application/json"
    assert told.headers["x-content-type-options"] == "nosniff"
    assert told.json()["incident"]["title"] == attack
    for place in (f"/v1/incidents/{name}/export?format=html", f"/incidents/{name}", "/incidents"):
        page = client.get(place, headers={"Accept": "text/html"})
        assert page.status_code == 200, place
        assert active(page.text) == [], place
        if "export" not in place:
            assert "script-src 'self'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("attack", FORMULAS)
def test_formulas_reach_no_table_that_a_spreadsheet_opens(target, attack):
    client, _ = target
    said = world.INCIDENT | {"id": f"csv-{FORMULAS.index(attack)}", "title": attack}
    assert client.post("/v1/incidents", json=said).status_code == 201
    for kind in ("text/csv", "application/vnd.ms-excel", "text/tab-separated-values"):
        answer = client.get("/v1/incidents", headers={"Accept": kind})
        assert answer.headers["content-type"] == "application/json"
    assert client.get("/v1/incidents/inc-42/export?format=csv").status_code == 400
    assert "text/csv" not in client.get("/v1/openapi.json").text


@pytest.mark.parametrize("attack", PROMPTS)
def test_prompts_are_kept_as_text_and_change_nothing(target, attack):
    client, _ = target
    before = counted(client)
    name = f"prompt-{PROMPTS.index(attack)}"
    client.post("/v1/incidents", json=world.INCIDENT | {"id": name, "title": attack})
    assert client.get(f"/v1/incidents/{name}").json()["incident"]["title"] == attack
    after = counted(client)
    assert {table: after[table] - before[table] for table in TABLES if after[table] != before[table]} == {
        "incidents": 1
    }


def test_prompts_reach_an_agent_below_untrusted_alone(target):
    """Over the agents' own door, by the protocol's own client: what others wrote is never where instructions are."""
    pytest.importorskip("mcp")
    from types import SimpleNamespace  # noqa: PLC0415 - needs the extra

    from tests.api.doors.test_mcp import ask  # noqa: PLC0415 - needs the extra

    client, _ = target
    for number, attack in enumerate(PROMPTS):
        newest = {"id": f"agent-{number}", "detected_at": world.END.replace(hour=23).isoformat()}
        said = world.INCIDENT | newest | {"title": attack, "owner": attack, "severity": attack}
        assert client.post("/v1/incidents", json=said).status_code == 201
    tag = client.get("/v1/incidents/inc-42").headers["etag"]
    client.patch("/v1/incidents/inc-42", json={"title": PROMPTS[0]}, headers={"If-Match": tag})
    before = counted(client)
    tools, *answers = ask(
        SimpleNamespace(app=client.app),
        {},
        ("list_incidents", {"limit": 50}),
        ("explain_incident", {"incident": "inc-42"}),
        ("compare_evidence", {"incident": "inc-42", "first": 1, "second": 2}),
    )
    assert {tool.name for tool in tools} == {"list_incidents", "explain_incident", "compare_evidence", "record_verdict"}
    told = [answer.structured_content for answer in answers]
    assert all(attack in repr_of(told[0]["untrusted"]) for attack in PROMPTS)
    outside = repr_of([{name: part for name, part in one.items() if name != "untrusted"} for one in told])
    outside += repr_of([[tool.description, tool.input_schema] for tool in tools])
    assert not [attack for attack in PROMPTS if attack in outside]
    assert counted(client) == before


def repr_of(value):
    """Return all texts within a value, one a line."""
    if isinstance(value, dict):
        return "\n".join(map(repr_of, [*value, *value.values()]))
    return "\n".join(map(repr_of, value)) if isinstance(value, (list, tuple)) else str(value)
