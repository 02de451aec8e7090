"""Which key of a configuration was changed, from fields, a text, or a title."""

import pytest

from candidates.measures.changed_keys import changed_key, key_in_title

CHANGED = [
    ("a=1; b=2; c=3", "a=1; b=5; c=3", "b"),
    ("a=1, b=2", "a=1, b=5", "b"),
    ("a: 1\nb: 2\n", "a: 1\nb: 5\n", "b"),
    ("  a = 1 ;; b=2 ", "b=2;a=4", "a"),
    ("cache/max-age.s=60", "cache/max-age.s=30", "cache/max-age.s"),
    ("url=http://old:80", "url=http://new:80", "url"),
    ("limit=", "limit=5", "limit"),
    ("a=1", "a=1; b=2", "b"),
    ("a=1; b=2", None, None),
    ("a=1", None, "a"),
    ("a=1; b=2", "b=2; a=1", None),
    ("a=1; b=2", "a=3; b=4", None),
    ("a=1; on", "a=2; on", None),
    ("10:30", "11:30", None),
    ("fast", "slow", None),
    ("", "a=1", "a"),
    ("region=Köln", "region=Zürich", "region"),
    ("größe=1; b=2", "größe=2; b=2", "größe"),
    ({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}}, "b"),
    ({"a": 1}, {"a": 1}, None),
    ({1: "x"}, {1: "y"}, "1"),
    ({}, {"a": None}, None),
    (None, None, None),
    (1, 2, None),
    (True, False, None),
    (["a=1"], ["a=2"], None),
]


@pytest.mark.parametrize(("before", "after", "key"), CHANGED)
def test_the_one_key_whose_value_differs(before, after, key):
    assert changed_key(before, after) == key


TITLES = [
    ("raise pool_size", "pool_size"),
    ("pool_size: 5, it was too small (pool_size 3).", "pool_size"),
    ("set http.client.max_retries to 3", "http.client.max_retries"),
    ("Regel prüf_regel geändert", "prüf_regel"),
    ("store_front: pool_size raised", "pool_size"),
    ("store_front restarted", None),
    ("pool_size and max_age", None),
    ("scorer 2.0.1, formerly v1.9", None),
    ("pool_size for scorer-2.0.1", "pool_size"),
    ("see docs/run_book.md", None),
    ("see docs/run_book", None),
    ("cfg.pool/size", None),
    ("run-book_of", None),
    ("retry after 2.5 s. Then stop", None),
    ("", None),
    (None, None),
]


@pytest.mark.parametrize(("title", "key"), TITLES)
def test_the_only_name_of_a_setting_in_a_title(title, key):
    assert key_in_title(title, "store_front") == key


def test_a_nodes_name_is_a_settings_elsewhere():
    assert key_in_title("store_front restarted", None) == "store_front"


@pytest.mark.parametrize(
    ("before", "after"), [("s3://bucket/a", "s3://bucket/b"), ("http://a/x", "http://a/y"), ("model:v1", "model:v2")]
)
def test_an_address_is_no_key(before, after):
    assert changed_key(before, after) is None


@pytest.mark.parametrize("title", ["e.g. another one", "see www.example.com", "config.yaml changed", "Node.js updated"])
def test_files_hosts_and_abbreviations_are_no_settings(title):
    assert key_in_title(title, None) is None


def test_a_long_name_is_read_in_no_time():
    assert key_in_title("a" + "_a" * 5000 + "-x changed", None) is None
