"""Which text a new one is a copy of, and whether characters were lost."""

import pytest

from candidates.measures.spelling import lossy, masked, original

KNOWN = ["Male", "Female", "web-118", "Own-child"]


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        ("MALE", "Male"),
        ("M", "Male"),
        ("Mle", "Male"),
        ("MaleÃ©", "Male"),
        ("own child", "Own-child"),
        ("web-119", None),
        ("Tablet", None),
        ("", None),
    ],
)
def test_a_copy_is_traced_to_the_one_value_it_was(text, copied):
    assert original(text, KNOWN) == copied


def test_the_start_of_several_values_is_a_copy_of_none():
    assert original("We", ["West", "Weald"]) is None


@pytest.mark.parametrize(
    ("text", "lost"), [("\ufffdale", True), ("????", True), ("a\x00", True), ("Café", False), ("", False)]
)
def test_lost_characters_show(text, lost):
    assert lossy(text, KNOWN) is lost


def test_a_mark_that_is_an_old_value_is_no_loss():
    assert not lossy("?", ["?", "Sales"])


@pytest.mark.parametrize(
    ("text", "misread"),
    [("S\u00c3\u00a3o Paulo", True), ("M\u00c3\u00bcnchen", True), ("S\u00c3O PAULO", False), ("\u00c2ngela", False)],
)
def test_utf8_read_as_latin1_has_lost_its_characters_and_accents_have_not(text, misread):
    assert lossy(text, ["Rio", "Recife"]) == misread


@pytest.mark.parametrize(
    ("texts", "known", "lost"),
    [
        (["ok?"], ["okx", "okay"], []),
        (["1?"], ["10", "11"], []),
        (["B?ro"], ["B\u00fcro", "Lager"], ["B?ro"]),
        (["M??ller"], ["M\u00fc\u00fcller"], ["M??ller"]),
        (["SI?", "VS?", "new?"], ["SI1", "SI2", "VS1"], ["SI?", "VS?"]),
        (["b?rns"], ["tables"], []),
        (["B?ro"], ["B\u00fcro", "why?"], []),
    ],
)
def test_question_marks_stand_for_lost_characters_within_a_word_or_in_several_texts(texts, known, lost):
    assert sorted(masked(texts, known)) == lost


def test_many_texts_are_looked_up_among_many():
    known = [f"/shop/item/{i}/a" for i in range(20_000)]
    assert len(masked([f"/shop/item/{i}?a" for i in range(2_000)], known)) == 2_000
