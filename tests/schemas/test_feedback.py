import pytest

from schemas.feedback import account


@pytest.mark.parametrize(
    "name", ["Ana Lima", "  ana   LIMA ", "ana\tlima\n", "\uff41na Lima", "an\u200ba Lima", "ANA\u00a0LIMA"]
)
def test_one_person_has_one_account_however_the_name_is_written(name: str) -> None:
    assert account(name) == "ana lima"


@pytest.mark.parametrize("name", ["ana", "ana-lima", "ána lima", "ana lima 2"])
def test_another_name_is_another_account(name: str) -> None:
    assert account(name) != account("ana lima")


@pytest.mark.parametrize("name", ["ß", "\u0390", "\ufb03ne", "İ\u200b x"])
def test_an_account_is_its_own_account(name: str) -> None:
    assert account(account(name)) == account(name)
