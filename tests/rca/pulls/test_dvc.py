"""Against real git repositories with the files that DVC writes."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rca.errors import InputError
from rca.pulls.dvc import pull_dvc
from rca.pulls.dvc_files import read_lock, read_params

LOCK = """schema: '2.0'
stages:
  featurize:
    cmd: python featurize.py
    deps:
    - {path: data/raw.csv, hash: md5, md5: %(raw)s, size: 1200}
    - {path: featurize.py, hash: md5, md5: %(code)s, size: 90}
    outs:
    - {path: data/features.parquet, hash: md5, md5: f%(raw)s, size: 700}
  train:
    cmd: python train.py
    deps:
    - {path: data/features.parquet, hash: md5, md5: f%(raw)s, size: 700}
    params:
      params.yaml:
        train.depth: %(depth)d
    outs:
    - {path: models/model.pkl, hash: md5, md5: m%(raw)s, size: 5000}
    - {path: metrics.json, hash: md5, md5: x%(raw)s, size: 30}
"""
FIRST = {"raw": "a" * 31, "code": "c" * 32, "depth": 6}


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.hour = 0

    def git(self, *arguments: str, **more: str) -> str:
        settings = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", *settings, *arguments], cwd=self.folder, check=True, capture_output=True, text=True,
            env=os.environ | more,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", ".")
        self.hour += 1
        at = f"2026-03-04T{self.hour:02d}:00:00+01:00"
        self.git("commit", "--quiet", "--message", "work", GIT_COMMITTER_DATE=at, GIT_AUTHOR_DATE=at)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path)
    made.commit(dvc_dot_lock=LOCK % FIRST, params_dot_yaml="train: {depth: 6, rate: 0.1}\nseed: 7\n")
    made.git("tag", "v1")
    return made


def pull(repository, before="v1", after="HEAD", **more):
    return pull_dvc(repository.folder, before, after, **({"node": "scorer"} | more))


def told(pulled):
    return [(c["node"], c["kind"], c["title"].partition(" (")[0].removeprefix("DVC: ")) for c in pulled.changes]


def test_a_parameter_is_one_configuration_change_of_its_stage(repository):
    commit = repository.commit(
        dvc_dot_lock=LOCK % (FIRST | {"depth": 9}), params_dot_yaml="train: {depth: 9, rate: 0.1}\nseed: 7\n"
    )
    (change,) = pull(repository, nodes={"train": "fraud-scorer"}).changes
    assert change == {
        "ts": "2026-03-04T01:00:00+00:00",
        "node": "fraud-scorer",
        "kind": "config",
        "title": f"DVC: parameters of stage train: train.depth ({commit[:10]})",
        "before": {"train.depth": 6},
        "after": {"train.depth": 9},
        "author": "Ada",
    }


def test_a_parameter_that_no_stage_reads_is_told_by_its_file(repository):
    repository.commit(params_dot_yaml="train: {depth: 6, rate: 0.2}\nseed: 7\nextra: [1, 2]\n")
    (change,) = pull(repository).changes
    assert (change["kind"], change["before"], change["after"]) == (
        "config",
        {"extra": None, "train.rate": 0.1},
        {"extra": [1, 2], "train.rate": 0.2},
    )


def test_new_data_are_a_feed_on_their_own_node_and_what_was_made_of_them_follows(repository):
    repository.commit(dvc_dot_lock=LOCK % (FIRST | {"raw": "b" * 31}))
    found = pull(repository, nodes={"data/raw.csv": "payments-feed", "train": "fraud-scorer"})
    assert told(found) == [
        ("fraud-scorer", "deploy", "models/model.pkl made anew by stage train"),
        ("payments-feed", "data_feed", "data data/raw.csv read by stage featurize"),
        ("scorer", "data_feed", "data/features.parquet made anew by stage featurize"),
    ]
    assert found.changes[0]["after"] == {"version": "mbbbbbbbbbbb"}
    assert found.changes[1]["after"] == {"data/raw.csv": "bbbbbbbbbbbb, 1200 bytes"}


def test_code_and_commands_are_deployments(repository):
    changed = (LOCK % (FIRST | {"code": "d" * 32})).replace("python train.py", "python train.py --fast")
    repository.commit(dvc_dot_lock=changed)
    assert told(pull(repository)) == [
        ("scorer", "deploy", "code featurize.py read by stage featurize"),
        ("scorer", "deploy", "command of stage train"),
    ]


def test_tracked_files_are_feeds(repository):
    outs = "outs:\n- {md5: %s, size: 3, path: rates.csv}\n"
    repository.commit(data__rates_dot_csv_dot_dvc=outs % ("1" * 32))
    repository.commit(data__rates_dot_csv_dot_dvc=outs % ("2" * 32))
    found = pull(repository, nodes={"data/rates.csv": "rates"})
    assert told(found) == [("rates", "data_feed", "data data/rates.csv")] * 2
    assert [change["before"] for change in found.changes] == [None, {"data/rates.csv": "111111111111, 3 bytes"}]


def test_each_commit_is_told_when_it_came_and_a_merge_when_it_was_merged(repository):
    repository.git("checkout", "--quiet", "-b", "side")
    repository.commit(params_dot_yaml="train: {depth: 6, rate: 0.3}\nseed: 7\n")
    repository.git("checkout", "--quiet", "main")
    repository.commit(README="words")
    at = "2026-03-05T00:00:00+00:00"
    repository.git("merge", "--quiet", "--no-edit", "side", GIT_COMMITTER_DATE=at, GIT_AUTHOR_DATE=at)
    (change,) = pull(repository).changes
    assert change["ts"] == at


def test_a_return_to_an_older_revision_is_dated_by_when_it_went_live(repository):
    repository.commit(params_dot_yaml="train: {depth: 6, rate: 0.3}\nseed: 7\n")
    back = pull(repository, "HEAD", "v1")
    assert not back.changes
    assert "--at" in back.notes[0]
    at = datetime(2026, 3, 6, tzinfo=UTC)
    (change,) = pull(repository, "HEAD", "v1", at=at).changes
    assert (change["ts"], change["after"]) == (at.isoformat(), {"train.rate": 0.1})


def test_a_repository_runs_nothing_of_its_own(repository):
    trap = repository.folder / "trapped"
    (repository.folder / ".gitattributes").write_text("* diff=trap filter=trap\n")
    repository.git("config", "diff.trap.command", f"touch {trap}")
    repository.git("config", "diff.trap.textconv", f"touch {trap}; cat")
    repository.git("config", "core.fsmonitor", f"touch {trap}")
    repository.git("config", "core.pager", f"touch {trap}")
    repository.git("config", "diff.external", f"touch {trap}")
    trap.unlink(missing_ok=True)
    before = repository.git("rev-parse", "HEAD")
    repository.commit(params_dot_yaml="seed: 8\n")
    trap.unlink(missing_ok=True)
    assert pull(repository, before).changes
    assert not trap.exists()


@pytest.mark.parametrize("revision", ["nope", "--output=x", "-h", ""])
def test_a_revision_that_is_not_there_is_named(repository, revision):
    with pytest.raises(InputError, match="no such revision"):
        pull(repository, revision)


def test_a_folder_without_a_repository_is_named(tmp_path):
    with pytest.raises(InputError, match="git cannot read it"):
        pull_dvc(tmp_path, "a", "b", node="n")


def test_files_cannot_blow_up():
    levels = "\n".join(f"k{i}: &k{i} [*k{i - 1}, *k{i - 1}, *k{i - 1}, *k{i - 1}]" for i in range(1, 30))
    bomb = "k0: &k0 [1, 1]\n" + levels
    with pytest.raises(InputError, match="holds more than"):
        read_params(bomb, "params.yaml")
    stage = f"{bomb}\nstages: {{s: {{cmd: *k29, deps: [{{path: *k29}}, {{path: p, md5: *k29}}], params: [*k29]}}}}"
    assert read_lock(stage, "dvc.lock")["s"].deps == {"p": {}}
    with pytest.raises(InputError, match="holds more than"):
        read_params("a: &a {b: *a}", "params.yaml")
    with pytest.raises(InputError, match=r"params\.yaml"):
        read_params("[" * 100_000, "params.yaml")
    with pytest.raises(InputError, match=r"params\.yaml, row 1: is not valid YAML"):
        read_params("a: b: c", "params.yaml")


def test_odd_files_are_no_errors():
    assert read_lock(None, "dvc.lock") == {}
    assert read_lock("[1, 2]", "dvc.lock") == {}
    assert read_lock("old: {cmd: x, deps: [7, {md5: y}]}", "dvc.lock")["old"].cmd == "x"
    assert read_params("a: .nan\nb: 2026-03-04\nc: {}\n", "params.yaml") == {"a": "nan", "b": "2026-03-04", "c": "{}"}
