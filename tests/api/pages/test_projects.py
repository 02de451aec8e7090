import shutil
from pathlib import Path

from starlette.testclient import TestClient

from api.serve import open_app
from api.settings import Settings
from tests.api.pages.forms import read
from tests.api.pages.story import BASE, GRAVE


def test_pages_of_a_further_project_lead_to_pages_of_it(story_db: Path, tmp_path: Path) -> None:
    shutil.copy(story_db, tmp_path / "b.duckdb")
    app = open_app(Settings(db=tmp_path / "a.duckdb"), {"b": tmp_path / "b.duckdb"})
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        for path in ("/incidents", f"/incidents/{GRAVE}", f"/incidents/{GRAVE}/contrast", "/incidents/nothing"):
            page = read(client.get(f"/projects/b{path}").text)
            inside = [link for link in (*page.links, *(form.action for form in page.forms)) if link and link[0] != "#"]
            assert inside
            assert [link for link in inside if not link.startswith("/projects/b/")] == []
        assert client.get("/projects/b/").headers["location"] == "/projects/b/incidents"
        verdict = next(
            form
            for form in read(client.get(f"/projects/b/incidents/{GRAVE}").text).forms
            if form.action.endswith("/verdict")
        )
        answer = client.post(verdict.action, data=verdict.fields | {"verdict": "confirmed"})
        assert answer.headers["location"].startswith(f"/projects/b/incidents/{GRAVE}?said=verdict")
        assert GRAVE not in client.get("/incidents").text
