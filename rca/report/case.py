"""A case of the library, as a page."""

from collections.abc import Iterator

from rca.report.page import Block, Bullets, Grid, Page, Section, Text, day, named
from rca.report.page_markdown import markdown
from rca.report.words import percent, spoken
from rca.review import spelled
from schemas.cases import Case


def case_markdown(found: Case) -> str:
    """Return a case as Markdown."""
    return markdown(case_page(found))


def case_page(found: Case) -> Page:
    """Return a case as a page: symptom, cause, what told it apart, fix, prevention."""
    cause = spelled(found.cause.key) if found.cause else "no fault"
    return Page(
        title=f"{found.incident}: {named(found.title, cause)}",
        line=f"detected {day(found.detected_at)}; settled by {', '.join(found.reviewers)}",
        sections=[
            Section("Symptom", [Text(found.symptom)]),
            Section("Cause", [Text(f"{cause}, {spoken(found.verdict)}", strong=True), Text(found.summary)]),
            Section("What told it apart", list(_apart(found))),
            Section("Fix", list(_fix(found))),
            Section("Prevention", list(_prevention(found))),
        ],
    )


def _apart(found: Case) -> Iterator[Block]:
    items = [*found.told_apart, *found.evidence]
    yield Bullets(items) if items else Text("Nothing is on record.")
    rows = [
        [spelled(each.cause.key), percent(each.confidence), "yes" if each.rejected else "no", each.against]
        for each in found.rivals
    ]
    if rows:
        yield Grid("It was not", ["cause", "probability", "rejected", "against it"], rows, frozenset({1}))


def _fix(found: Case) -> Iterator[Block]:
    if found.fix:
        yield Bullets(found.fix)
    if found.remedy:
        yield Text(f"Proposed: {found.remedy}")


def _prevention(found: Case) -> Iterator[Block]:
    items = [f"{each.title} ({each.owner}, {day(each.due)}, {spoken(each.state)})" for each in found.prevention]
    if found.cause:
        items.append(f"the procedure: rca sop show {found.cause.family}")
    yield Bullets(items) if items else Text("Nothing is on record.")
    if found.again:
        yield Text(f"The same cause again: {', '.join(found.again)}")
