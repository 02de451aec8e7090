"""Whatever a text says, it stays text: in Markdown and in HTML."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.report import page_html
from rca.report.page import Bullets, Figure, Grid, Page, Section, Text
from rca.report.page_html import html
from rca.report.page_markdown import markdown, plain
from rca.report.words import clean

SPEC = {
    "data": {"values": [{"name": "<script>alert(1)</script>", "n": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "name", "type": "nominal"}, "y": {"field": "n", "type": "quantitative"}},
}


def page(text: str) -> Page:
    blocks = [Text(text, strong=True), Text(text), Bullets([text]), Grid(text, [text], [[text]], frozenset({0}))]
    return Page(text, text, [Section(text, [*blocks, Figure(text, text, SPEC)])])


class Reader(HTMLParser):
    """Notes tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.texts.append(data)


NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }} {% raw %}",
    "</style><script>alert(1)</script>",
    "](javascript:alert(1))",
]


@pytest.mark.parametrize("text", NASTY)
def test_html_has_no_tags_and_no_attributes_from_texts(text):
    read = Reader()
    read.feed(html(page(text)))
    assert not read.tags & {"script", "img", "iframe", "object", "link", "a"}
    assert not {name for name in read.attributes if name.startswith("on")}
    assert any(clean(text) in part for part in read.texts)


def test_html_carries_charts_whose_texts_are_escaped_and_stands_alone():
    made = html(page("plain"))
    assert made.count("<svg") == 1
    assert "<script>" not in made
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", made)
    assert "@media print" in made


def test_where_charts_cannot_be_drawn_their_words_stand_in(monkeypatch):
    monkeypatch.setattr(page_html, "draw", lambda _: None)
    made = html(page("in words"))
    assert "<svg" not in made
    assert "<figcaption>in words: in words</figcaption>" in made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("[x](http://evil)", r"\[x\](http://evil)"),
        ("<b>", r"\<b\>"),
        ("`code` and *bold*", r"\`code\` and \*bold\*"),
        ("null_burst _x_", r"null_burst \_x\_"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("9.8 h", "9.8 h"),
        ("-0.5", "-0.5"),
        ("# heading", r"\# heading"),
        ("two\nlines\x1b[31m", "two lines�\\[31m"),
        ("&lt;", r"\&lt;"),
        ("===", r"\==="),
    ],
)
def test_markdown_shows_a_text_as_it_is(text, shown):
    assert plain(text) == shown


@given(st.text(max_size=60))
def test_no_text_breaks_the_markdown_apart(text):
    lines = markdown(page(text)).splitlines()
    headings = [line.rstrip() for line in lines if line.startswith("#")]
    assert headings == [f"# {plain(text)}".rstrip(), f"## {plain(text)}".rstrip()]
    rows = [line for line in lines if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {2}


@given(st.text(max_size=60))
def test_every_text_can_be_read_in_the_html(text):
    read = Reader()
    read.feed(html(Page(text, text, [])))
    assert clean(text).strip() in " ".join(" ".join(read.texts).split()) or not clean(text).strip()
