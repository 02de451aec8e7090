import io
from typing import Any

import pytest
from rich.console import Console

from rca.report import render
from schemas.analysis import Analysis
from tests.samples import analysis, causes, document


def report(answer: Analysis, *, width: int = 80, encoding: str = "utf-8", top: int = 5) -> str:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, errors="backslashreplace") as stream:
        render(answer, Console(file=stream, width=width), top=top)
        stream.flush()
        return raw.getvalue().decode(encoding)


def incident(**changes: Any) -> dict[str, Any]:
    return document()["incident"] | changes


def test_the_first_lines_say_what_happened_and_that_it_is_real() -> None:
    text = " ".join(report(analysis()).split())
    assert "auc of fraud-scorer fell from 0.910 to 0.780 since 4 Mar 2026 10:00 UTC" in text
    assert "The change is real: chance alone would practically never do this (p = 1e-9)." in text
    assert "Most likely: data quality in payments-feed, amount (81%)." in text


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_exceeds_the_width(width: int, encoding: str) -> None:
    assert max(map(len, report(analysis(), width=width, encoding=encoding).splitlines())) <= width


def test_without_unicode_the_report_is_plain_ascii() -> None:
    text = report(analysis(), encoding="ascii")
    assert "\\u" not in text
    assert "payments-feed -> fraud-scorer" in text


def test_every_cause_has_its_row_its_evidence_and_its_advice() -> None:
    text = report(analysis(), width=120)
    for word in ("unit change", "74%", "payments-feed → fraud-scorer", "way", "check", "do", "seen"):
        assert word in text
    assert "Divide amount by 100" in text
    assert ">=1000 0% → 88%" in text


def test_what_moved_a_cause_is_told_with_the_largest_first() -> None:
    names = ("share", "specificity", "blame", "timing")
    moved = [{"name": n, "value": 0.5, "by": 4.0 - i, "text": f"\x1b[1m{n} spoke"} for i, n in enumerate(names)]
    text = " ".join(report(analysis(causes=[causes()[0] | {"moved": moved}])).split())
    assert "why �[1mshare spoke; �[1mspecificity spoke; �[1mblame spoke check" in text
    assert "why" not in report(analysis())


def test_top_hides_the_rest_but_says_so() -> None:
    text = report(analysis(), top=1)
    assert "2 more" in text
    assert "12%" in text  # 8% + 4% of the hidden ones
    assert "population shift in" not in text


def test_undetermined_is_said_as_plainly_as_a_finding() -> None:
    quiet = [cause | {"confidence": 0.1} for cause in causes()]
    text = " ".join(report(analysis(causes=quiet, none_of_these=0.7)).split())
    assert "Undetermined. No cause below is likelier than none of them (70%)." in text
    assert "Most likely" not in text


def test_a_natural_fluctuation_is_called_one() -> None:
    answer = analysis(causes=[], none_of_these=0.95, incident=incident(significance=0.4))
    text = " ".join(report(answer).split())
    assert "It may be natural fluctuation: chance alone could well do this (p = 0.40)." in text
    assert "The change may be natural fluctuation." in text
    assert "The change is real" not in text


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    bare = incident(baseline_value=None, value=None, significance=None, series={}, onset_interval=None)
    text = " ".join(report(analysis(incident=bare)).split())
    assert "fell from unknown to unknown" in text
    assert "could not be tested" in text


def test_what_was_not_found_and_not_looked_at_is_listed() -> None:
    text = report(analysis(warnings=["3 rows were set aside"]))
    assert "latency component no component's own time moved" in text
    assert "only histograms were imported" in text
    assert "Note: 3 rows were set aside" in text


def test_hostile_names_reach_the_terminal_as_text_only() -> None:
    evil = "\x1b]0;owned\x07[bold red]x[/] \u202eabc\nnew line"
    cause = causes()[0] | {
        "node": evil,
        "subject": evil,
        "summary": evil,
        "mechanism": evil,
        "blame_path": [evil, "b"],
        "verify": evil,
        "evidence": [
            {"kind": "histogram", "text": evil, "data": {"labels": [evil, "b"], "before": [1, 0], "after": [0, 1]}}
        ],
    }
    hostile = analysis(
        causes=[cause],
        incident=incident(node=evil, metric=evil, title=evil, id=evil),
        ruled_out=[{"family": evil, "reason": evil}],
        warnings=[evil],
    )
    text = report(hostile, width=200)
    assert not any(sign in text for sign in ("\x1b", "\x07", "\u202e"))
    assert "[bold red]x[/]" in text


@pytest.mark.parametrize(
    "data",
    [
        {"labels": ["a"], "before": [1], "after": [1, 2]},
        {"labels": ["a"], "before": ["x"], "after": [1]},
        {"labels": ["a"], "before": [float("nan")], "after": [1]},
        {"labels": [], "before": [], "after": []},
        {"labels": ["a"], "before": [0], "after": [0]},
        {"labels": 3, "before": None, "after": {}},
    ],
)
def test_odd_histograms_are_left_out_without_error(data: dict[str, Any]) -> None:
    cause = causes()[0] | {"evidence": [{"kind": "histogram", "text": "seen so", "data": data}]}
    assert "seen so" in report(analysis(causes=[cause]))
