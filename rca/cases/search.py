"""Search the settled incidents: ranked by the words that they share with the question.

Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009), over the words of
the overview: title, node, metric, what the answer said, remarks and notes. A word of the question also finds those that
begin with it.
"""

import re

from rca.errors import InputError
from rca.incidents import refresh
from rca.incidents.events import aware
from rca.warehouse import Warehouse
from schemas.cases import CaseHit
from schemas.feedback import LONGEST_NAME, NamedCause

MOST_HITS = 200
MOST_WORDS = 20
SATURATION, LENGTH = 1.2, 0.75
"""How soon another occurrence adds nothing (k1), and how far long texts are held to be longer only (b)."""

_WORD = re.compile(r"\w+")

_SEARCH = f"""
-- a row is a settled incident and its words
WITH docs AS (
    SELECT incident, title, node, metric, detected_at, right_family, right_node, right_subject,
        regexp_extract_all(text, '[\\p{{L}}\\p{{N}}]+') AS words
    FROM incident_overview
    WHERE outcome IS NOT NULL AND state <> 'merged' AND ($family IS NULL OR right_family = $family)
        AND ($node IS NULL OR node = $node OR right_node = $node)
),
extent AS (SELECT count(*) AS n, greatest(avg(len(words)), 1) AS usual FROM docs),
-- a row is an incident in which a word of the question occurs, and how often
hits AS (
    SELECT incident, asked.word, len(list_filter(words, lambda w: starts_with(w, asked.word))) AS often,
        len(words) AS long
    FROM docs, (SELECT unnest($words::VARCHAR[]) AS word) AS asked
),
rare AS (
    SELECT word, ln(1 + (any_value(n) - count(*) + 0.5) / (count(*) + 0.5)) AS weight
    FROM hits, extent WHERE often > 0 GROUP BY word
),
scores AS (
    SELECT incident,
        sum(weight * often * ({SATURATION} + 1)
            / (often + {SATURATION} * (1 - {LENGTH} + {LENGTH} * long / usual))) AS score
    FROM hits JOIN rare USING (word), extent WHERE often > 0 GROUP BY incident
)
SELECT incident, title, node, metric, detected_at, right_family, right_node, right_subject, coalesce(score, 0)
FROM docs LEFT JOIN scores USING (incident) WHERE score IS NOT NULL OR len($words::VARCHAR[]) = 0
ORDER BY coalesce(score, 0) DESC, detected_at DESC, incident LIMIT $most
"""


def search_cases(
    warehouse: Warehouse, query: str = "", *, family: str | None = None, node: str | None = None, limit: int = 20
) -> tuple[CaseHit, ...]:
    """Return the settled incidents that fit, the best first; without words the latest.

    Parameters
    ----------
    query
        Words; the first twenty count.
    family, node
        Only those of this family, or with this node as symptom or cause.

    Raises
    ------
    InputError
        When the limit cannot be had or the question is too long.
    """
    if not 1 <= limit <= MOST_HITS:
        raise InputError(f"{limit} cases cannot be had", mend=f"give 1 to {MOST_HITS}")
    if len(query) > LONGEST_NAME:
        raise InputError(f"the question is {len(query)} characters long", mend=f"give at most {LONGEST_NAME}")
    refresh(warehouse)
    words = list(dict.fromkeys(_WORD.findall(query.replace("_", " ").casefold())))[:MOST_WORDS]
    rows = warehouse.connection.execute(
        _SEARCH, {"words": words, "family": family, "node": node, "most": limit}
    ).fetchall()
    return tuple(
        CaseHit(
            incident=incident,
            title=title,
            node=symptomatic,
            metric=metric,
            detected_at=aware(at),
            cause=NamedCause(family=kind, node=where, subject=part) if kind else None,
            score=score,
        )
        for incident, title, symptomatic, metric, at, kind, where, part, score in rows
    )
