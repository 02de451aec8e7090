"""The commands by name. Each is imported only when it runs, so that `rca --help` is instant."""

from cyclopts import App

from rca.cli.help import Entry
from rca.cli.help_reviews import REVIEWS

COMMANDS = {
    "analyze": Entry(
        "Explain an incident: ranked causes, how sure, and how to check.",
        "Reads a bundle (a folder of files) and needs no server and no set-up. With --db alone it explains an "
        "incident in a database that `rca ingest` filled; with both, the bundle is landed there first. A bundle "
        "without incident.json is explained with --node, --metric and --detected-at.",
        (
            ("rca analyze incidents/42", "all incidents of a bundle"),
            ("rca analyze incidents/42 --json | jq .causes[0]", "for programs"),
            ("rca analyze --db rca.duckdb --incident inc-42", "from a database"),
            ("rca analyze logs/ --node scorer --metric auc --detected-at 2026-03-04T10:00Z", "no incident.json"),
        ),
    ),
    "demo": Entry(
        "Write a real incident to a folder, explain it, and say what to try next.",
        "Hotel bookings, a cascade of two models, one fault that broke it, and innocent changes around it. With "
        "--serve: fifteen incidents of twelve weeks as pages in the browser, explained when they are asked for first.",
        (
            ("rca demo", "into ./rca-demo"),
            ("rca demo --out /tmp/demo --json", "elsewhere, and for programs"),
            ("rca demo --no-keep", "leave nothing behind"),
            ("rca demo --serve", "twelve weeks of incidents in the browser, some of them reviewed"),
            ("rca demo --serve --port 0 --dir /tmp/site", "on a free port, kept in a folder of your own"),
        ),
    ),
    "ingest": Entry(
        "Land a bundle in a DuckDB database for good.",
        "Bad rows are set aside with their reason and the good ones kept. Landing the same file again changes nothing.",
        (
            ("rca ingest incidents/42 --db rca.duckdb", "make or extend the database"),
            ("rca ingest today/ --db rca.duckdb --json", "what was landed, for programs"),
        ),
    ),
    "profile": Entry(
        "Count a log where it lies, on this machine or on a Spark cluster.",
        "Writes the counts that an analysis needs as a histogram file: raw rows stay where they are. With --bins the "
        "bins are kept, so that each day's counts compare with the day before; only the hours asked for are read.",
        (
            ("rca profile --input s/ --node fraud --task binary --out histograms/", "Parquet files on this machine"),
            (
                "rca profile --engine spark --remote sc://spark --input ml.fraud --node fraud --system . --out hists",
                "a table on a cluster",
            ),
            (
                "rca profile --input s/ --node fraud --system . --bins fraud.json --since 2026-03-04 --out hists",
                "what came since, over the same bins",
            ),
        ),
    ),
    "pull": Entry(
        "Fetch changes, metrics and histograms from the tools that you have.",
        "Lands them in a database (--db) or writes them as files of a bundle (--out). A pull continues where the last "
        "one ended, and what it brought before is not brought again.",
        (
            ("rca pull mlflow http://mlflow:5000 --db rca.duckdb --node fraud=fraud-scorer", "versions and aliases"),
            ("rca pull prometheus http://prometheus:9090 --queries queries.yaml --db rca.duckdb", "metrics"),
            ("rca pull dvc . --before v1.4 --after v1.5 --node fraud-scorer --out incidents/42", "params and data"),
            ("rca pull whylogs profiles/*.bin --node fraud-scorer --db rca.duckdb", "histograms"),
        ),
        (
            ("mlflow", "Pull versions, aliases, metrics and signatures from an MLflow registry, as change events."),
            ("prometheus", "Pull metrics over time from Prometheus."),
            ("dvc", "Pull what DVC records as changed between two git revisions, as change events."),
            ("whylogs", "Pull histograms from whylogs profiles."),
        ),
    ),
    "serve": Entry(
        "Run the service: API, live ingest and review pages over one database.",
        "On 127.0.0.1 whoever reaches it may do everything until the first token is made; on any other address it does "
        "not start before (rca tokens add). The service owns the database file: other commands ask it, or wait.",
        (
            ("rca serve --db rca.duckdb", "on http://127.0.0.1:8600"),
            ("rca serve --db rca.duckdb --host 0.0.0.0 --allowed-host rca.example.org", "for a team, behind TLS"),
            ("rca serve --db rca.duckdb --config rca.toml", "with notifications, webhooks and logins as the file says"),
            ("rca serve --db a.duckdb --project b=b.duckdb", "two projects, the second below /projects/b"),
        ),
    ),
    "tokens": Entry(
        "Make, list and revoke tokens of the service.",
        "While the service runs, its API does the same (/v1/tokens).",
        (
            ("rca tokens add --db rca.duckdb --name ana --account ana --scope read --scope review", "for a person"),
            ("rca tokens add --db rca.duckdb --name collector --account collector --scope ingest", "for a sender"),
            ("rca tokens list --db rca.duckdb", "without their secrets"),
            ("rca tokens revoke 1a2b3c4d5e6f --db rca.duckdb", "it holds no longer"),
        ),
        (
            ("add", "Make a token; it is shown this once."),
            ("list", "List all tokens, without their secrets."),
            ("revoke", "Let a token hold no longer."),
        ),
    ),
    "init": Entry(
        "Draft a system.yaml from a folder of files.",
        "Guesses nodes, tasks, columns and edges; every guess carries a comment to confirm.",
        (
            ("rca init logs/", "print into logs/system.yaml"),
            ("rca init logs/ --out draft.yaml --force", "elsewhere, replacing what is there"),
        ),
    ),
    "validate": Entry(
        "Say all that is wrong with a bundle, and what it leaves unexamined.",
        "Exit status 2 when an error is found, 0 when there are only remarks.",
        (
            ("rca validate incidents/42", "readable"),
            ("rca validate incidents/42 --json", "for programs"),
        ),
    ),
    "graph": Entry(
        "Show what depends on what.",
        "Edges point from cause to effect: declared ones, those seen in spans, and those told by lineage events.",
        (
            ("rca graph incidents/42", "as text"),
            ("rca graph --db rca.duckdb --mermaid > graph.mmd", "as a Mermaid flowchart"),
            ("rca graph incidents/42 --node fraud-scorer", "only what can break this node"),
        ),
    ),
    "label": Entry(
        "Say what the listed causes were; rankers learn from it.",
        "Without --cause, --missing, --no-fault, --undo or --history it shows the causes at a terminal and asks. "
        "Records are only added: an undo is one too. Reviewers who differ are a dispute, which teaches nothing until "
        "one of them changes their mind or --adjudicate settles it.",
        (
            ("rca label --db rca.duckdb --incident inc-42", "ask, at a terminal"),
            ("rca label --db rca.duckdb --incident inc-42 --cause 1 --verdict confirmed", "the first cause was right"),
            (
                "rca label --db rca.duckdb --incident inc-42 --missing data_quality/feed/amount",
                "the right cause was not listed",
            ),
            ("rca label --db rca.duckdb --incident inc-42 --no-fault", "nothing was wrong"),
            ("rca label --db rca.duckdb --history", "all that was said, disputes marked"),
            ("rca label --db rca.duckdb --undo 1a2b3c4d", "take a record of your own back"),
        ),
    ),
    "similar": Entry(
        "Show past incidents like this one, what they were, and what fixed them.",
        "Incidents are compared by what the families found, not by names. Those that reviewers settled come first.",
        (
            ("rca similar --db rca.duckdb --incident inc-42", "the five nearest"),
            ("rca similar --db rca.duckdb --incident inc-42 --top 20 --json", "more, for programs"),
        ),
    ),
    **REVIEWS,
    "train": Entry(
        "Learn a ranker from what reviewers said.",
        "The latest labels are held out: what was learned is compared on them with the current ranker, and answers "
        "from then on only if it is better; otherwise it is kept as a candidate with the reason. The gold set is never "
        "learned from. With too few labels it says how many more it takes.",
        (
            ("rca train --db rca.duckdb", "learn, compare, and promote what is better"),
            ("rca train --db rca.duckdb --dry-run", "only say what would come of it"),
            ("rca train --db rca.duckdb --json | jq .comparison", "for programs"),
        ),
    ),
    "rankers": Entry(
        "Show which rankers there are, which one answers, and change that.",
        "Every ranker that was learned is a version in the database; heuristic and pretrained are always there. "
        "`rca analyze` takes the current one.",
        (
            ("rca rankers list --db rca.duckdb", "all of them; a star marks the current one"),
            ("rca rankers show site-1a2b3c4d5e6f --db rca.duckdb", "what it learned from, and how good it is"),
            (
                "rca rankers promote site-1a2b3c4d5e6f --db rca.duckdb",
                "let it answer, if it was measured to be no worse",
            ),
            ("rca rankers rollback --db rca.duckdb --reason 'missed inc-42'", "return to the one before"),
        ),
        (
            ("list", "List all rankers."),
            (
                "show",
                "Show all that is known of a ranker: its training set, what it leans on, its figures, its history.",
            ),
            ("promote", "Let a ranker answer from now on."),
            ("rollback", "Return to the ranker that answered before."),
        ),
    ),
    "backup": Entry(
        "Copy a database at one moment, with a manifest, and check the copy.",
        "Holds everything, also answers, feedback, rankers and the digests of tokens: keep it as safe as the database. "
        "What was deleted before is not in it.",
        (
            ("rca backup --db rca.duckdb --to backups/2026-03-04", "into a folder"),
            ("rca backup --db rca.duckdb --to rca-copy.duckdb --json", "one file and its manifest, for programs"),
        ),
    ),
    "restore": Entry(
        "Make a database from a backup; it gives the same answers.",
        "A damaged or incomplete backup is refused, with the file that is at fault.",
        (
            ("rca restore backups/2026-03-04 --db rca.duckdb", "where no database is"),
            ("rca restore backups/2026-03-04 --db rca.duckdb --force", "in place of one that no process has open"),
        ),
    ),
    "retain": Entry(
        "Roll old raw rows up: they leave, the counts that answers need stay.",
        "Analyses that reach behind the horizon work from the counts, and say so. Rows that an open incident is about "
        "are kept. Run it once a day.",
        (
            ("rca retain --db rca.duckdb --raw-days 90", "of models' rows keep 90 days"),
            ("rca retain --db rca.duckdb --raw-days 90 --spans-days 14 --dry-run", "only say what would leave"),
        ),
    ),
    "erase": Entry(
        "Delete the rows of one subject, and every trace of them in the database.",
        "Rows of the model's log, spans with such an attribute, what was set aside, and the counts. The file is "
        "written anew, so that freed blocks hold nothing. The audit log says that it was done, not whose.",
        (
            (
                "rca erase --db rca.duckdb --node fraud-scorer --column user_id --value u-123 --dry-run",
                "how much it is",
            ),
            ("rca erase --db rca.duckdb --node fraud-scorer --column user_id --value u-123", "do it"),
        ),
    ),
    "schema": Entry(
        "Print the JSON Schemas of what goes in and what comes out.",
        "Names: system, incident, change, feedback; analysis, handling, review, action, case, procedure; rows: "
        "predictions, histograms, spans, kpis; or all.",
        (
            ("rca schema", "the names"),
            ("rca schema analysis > analysis.schema.json", "one of them"),
            ("rca schema all --out schemas/", "every one, as <name>.schema.json"),
        ),
    ),
    "bench": Entry(
        "Measure how good the answers are on incidents whose causes are known.",
        "Needs a checkout of the repository: its benchmarks and tables are not part of the installed package.",
        (
            ("rca bench incidents", "faults injected into the held-out tables, beside simple rankings"),
            ("rca bench incidents --tables bike taxi --cases 4 --out cases", "few, and kept"),
            ("rca bench incidents --out cases --score-only --json figures.json", "those again"),
            ("rca bench natural", "dated events that really happened"),
            ("rca bench ablation", "what each idea of the engine adds"),
            ("rca bench ranker --plot curve.svg", "how well the ranker learns from reviewers"),
            ("rca bench speed --peers envs --json speed.json", "what all costs, beside other drift monitors"),
        ),
    ),
    "version": Entry("Print the version.", "", (("rca version", "rca and what it runs on"),)),
}
"""Command -> its help. The function of the same name is in the module of the same name."""

PROLOGUE = "rca explains what broke a production machine-learning system."

EPILOGUE = """Examples:

  rca demo                                  see it work on a real incident
  rca analyze incidents/42                  explain the incident in this folder
  rca analyze incidents/42 --json | jq .    the same for programs
  rca analyze --help                        options and examples of one command

Exit status: 0 done, 2 bad arguments or unusable input, 1 a fault of rca itself, 130 interrupted.
Every command takes --debug, which shows the traceback of a failure (also RCA_DEBUG=1)."""


def build_app(version: str) -> App:
    """Return the command line, its commands not yet imported."""
    app = App(
        name="rca",
        help=PROLOGUE,
        help_epilogue=EPILOGUE,
        help_format="plaintext",
        version=version,
        suppress_keyboard_interrupt=False,
    )
    for name, entry in COMMANDS.items():
        if not entry.parts:
            app.command(f"rca.cli.{name}:{name}", name=name, help=entry.help, help_epilogue=entry.epilogue)
            continue
        group = App(name=name, version_flags=(), help=entry.help, help_epilogue=entry.epilogue)
        for part, line in entry.parts:
            group.command(f"rca.cli.{name}:{name}_{part}", name=part, help=line)
        app.command(group)
    app.register_install_completion_command(help="Install completion for your shell.", help_epilogue="")
    return app
