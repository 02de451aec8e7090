"""The layout of the database: made, carried forward, refused when it is newer than the code; one writer at a time."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from rca.errors import WarehouseError
from rca.warehouse import Warehouse
from rca.warehouse.tables import SCHEMA_VERSION

HOLDER = """
import sys
from pathlib import Path
from rca.warehouse import Warehouse
with Warehouse(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.readline()
"""


def version(path: Path) -> str:
    with duckdb.connect(str(path)) as connection:
        (found,) = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    return found


def as_of_version_1(path: Path) -> None:
    """Write what the first layout left behind, as far as it differs: no answers, no feedback, one incident."""
    Warehouse(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP TABLE analyses; DROP TABLE feedback; DROP SEQUENCE feedback_places")
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema_version'")
        connection.execute("INSERT INTO incidents VALUES ('inc-1', '{}')")


def test_a_new_database_has_the_layout_of_the_code(tmp_path: Path) -> None:
    Warehouse(tmp_path / "new.duckdb").close()
    assert version(tmp_path / "new.duckdb") == str(SCHEMA_VERSION)


def test_an_older_database_is_carried_forward_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    as_of_version_1(path)
    with Warehouse(path) as warehouse:
        count = warehouse.connection.execute("SELECT count(*) FROM feedback, analyses").fetchone()
        kept = warehouse.connection.execute("SELECT id FROM incidents").fetchall()
    assert (count, kept) == ((0,), [("inc-1",)])
    assert version(path) == str(SCHEMA_VERSION)


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "newer.duckdb"
    Warehouse(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION + 1)])
    with pytest.raises(WarehouseError, match="newer than this program"):
        Warehouse(path)
    assert version(path) == str(SCHEMA_VERSION + 1)


def test_a_file_that_another_process_has_open_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "shared.duckdb"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    with holder:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(WarehouseError, match=r"cannot open the database .*shared\.duckdb.*lock"):
            Warehouse(path)
        holder.communicate("done\n")
    Warehouse(path).close()


@pytest.mark.parametrize("opened", ["Warehouse(path)", "Warehouse.snapshot(path)", "Warehouse()"])
def test_nothing_is_drawn_into_standard_output_where_no_script_runs(tmp_path: Path, opened: str) -> None:
    path = tmp_path / "rca.duckdb"
    Warehouse(path).close()
    asked = "SELECT current_setting('enable_progress_bar')"
    code = (
        "from pathlib import Path; from rca.warehouse import Warehouse; "
        f"path = Path({str(path)!r}); print({opened}.connection.execute({asked!r}).fetchone())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(False,)"
