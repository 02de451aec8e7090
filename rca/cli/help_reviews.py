"""Help of the commands about reviews: the weekly one, actions, cases, procedures, postmortems."""

from rca.cli.help import Entry

REVIEWS = {
    "review": Entry(
        "Review a week of incidents: what returns, how long it took, how good the answers were.",
        "A week that is over is frozen the first time and shown as it was from then on; --again makes another "
        "revision. "
        "Clusters are systemic when chance alone would not bring so many together. HTML needs no network and prints "
        "well; its charts need the extra `charts`.",
        (
            ("rca review --db rca.duckdb", "the latest week that is over, as Markdown"),
            ("rca review --db rca.duckdb --week 2026-W47 --out review.html", "one week, to read or print"),
            ("rca review --db rca.duckdb --week 2026-W47 --again", "with what was learned since"),
            ("rca review --db rca.duckdb --json | jq .clusters", "for programs"),
        ),
    ),
    "actions": Entry(
        "Keep action items: who does what until when, and whether it helped.",
        "An action names a step, an owner and a day. Only what was done can be verified, by saying how. With --cause, "
        "how often that cause returned after the action was done is counted.",
        (
            ("rca actions list --db rca.duckdb --state open", "what is left to do"),
            (
                "rca actions add --db rca.duckdb --title 'Range check on amount' --owner payments --due 2026-12-15",
                "add one",
            ),
            ("rca actions done act-7 --db rca.duckdb", "it was done"),
            ("rca actions verify act-7 --db rca.duckdb --comment 'replayed the bad day: refused'", "it helped"),
        ),
        (
            ("list", "List action items, open ones first, by the day they are due."),
            ("add", "Add an action item."),
            ("done", "Say that it was done."),
            ("verify", "Say that it was seen to be effective."),
            ("drop", "Say that it will not be done."),
            ("reopen", "Open it again."),
        ),
    ),
    "cases": Entry(
        "Search what past incidents turned out to be.",
        "A case is an incident of which it is settled what it was: symptom, cause, what told it apart, fix and "
        "prevention.",
        (
            ("rca cases search amount feed --db rca.duckdb", "by words, the best first"),
            ("rca cases search --db rca.duckdb --family data_quality", "the latest of one family"),
            ("rca cases show inc-42 --db rca.duckdb", "one of them"),
        ),
        (
            ("search", "Search the settled cases, the best first; without words, the latest."),
            ("show", "Show a case: symptom, cause, what told it apart, what fixed it, what prevents it."),
        ),
    ),
    "sop": Entry(
        "Read the standard operating procedures, one for each family of causes.",
        "Each says how to diagnose, confirm, mitigate and prevent. A site's own versions are kept in its database.",
        (
            ("rca sop list", "all of them, with owner and review date"),
            ("rca sop show model_change", "one of them"),
            ("rca sop show model_change > mine.md", "to make it your own, edit it, then:"),
            ("rca sop edit model_change --db rca.duckdb --from mine.md --review-by 2027-06-01", "keep your version"),
        ),
        (
            ("list", "List the procedures, with owner and the day until which each is to be reviewed."),
            ("show", "Show a family's procedure: diagnose, confirm, mitigate, prevent."),
            ("edit", "Make a version of your own of a family's procedure; the earlier ones stay."),
        ),
    ),
    "postmortem": Entry(
        "Draft the postmortem of an incident from what was logged.",
        "Timeline, cause with what speaks for and against it, its way to the symptom, other causes, what was done, "
        "action items; and what no log knows, for people to write.",
        (
            ("rca postmortem --db rca.duckdb --incident inc-42", "as Markdown"),
            ("rca postmortem --db rca.duckdb --incident inc-42 --out inc-42.html", "as a page"),
        ),
    ),
}
