import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rca.graph import LineageEdge, blame_path, build_graph, name_resolver, to_mermaid, to_text, upstream_of
from schemas.system import System


def system(*nodes, edges=()):
    return System.model_validate(
        {
            "nodes": [{"id": name, "kind": kind} for name, kind in nodes],
            "edges": [{"from": a, "to": b, "columns": columns} for a, b, columns in edges],
        }
    )


SMALL = system(
    ("feed", "dataset"),
    ("scorer", "model"),
    ("rate", "kpi"),
    edges=[("feed", "scorer", ["amount"]), ("scorer", "rate", [])],
)


def bare(*edges):
    return nx.DiGraph(list(edges))


def test_declared_nodes_and_edges_keep_what_was_declared():
    graph = build_graph(SMALL)
    assert graph.nodes["feed"] == {"kind": "dataset", "owner": None, "declared": True}
    assert graph.edges["feed", "scorer"] == {"columns": ("amount",), "origin": "declared"}


def test_an_edge_declared_twice_has_the_columns_of_both():
    both = system(("a", "dataset"), ("b", "model"), edges=[("a", "b", ["x", "y"]), ("a", "b", ["y", "z"])])
    assert build_graph(both).edges["a", "b"]["columns"] == ("x", "y", "z")


def test_traces_add_undeclared_services_and_never_overwrite_declarations():
    graph = build_graph(SMALL, span_edges=[("db", "prod/scorer"), ("feed", "scorer"), ("scorer", "scorer")])
    assert graph.nodes["db"] == {"kind": "service", "owner": None, "declared": False}
    assert graph.edges["db", "scorer"] == {"columns": (), "origin": "trace"}
    assert graph.edges["feed", "scorer"]["origin"] == "declared"
    assert not graph.has_edge("scorer", "scorer")


def test_a_job_between_declared_data_sets_becomes_a_pipeline():
    graph = build_graph(SMALL, lineage=[LineageEdge("airflow.clean", ("s3://lake/feed",), ("warehouse.scorer",))])
    assert graph.nodes["airflow.clean"]["kind"] == "pipeline"
    assert blame_path(graph, "feed", "scorer") == ("feed", "scorer")
    assert (
        graph.edges["feed", "airflow.clean"]["origin"] == graph.edges["airflow.clean", "scorer"]["origin"] == "lineage"
    )


@pytest.mark.parametrize(
    ("declared", "seen", "expected"),
    [
        (["payments"], "payments", "payments"),
        (["payments"], "prod.payments", "payments"),
        (["payments"], "s3://lake/raw/payments", "payments"),
        (["raw/payments", "payments"], "s3://lake/raw/payments", "raw/payments"),
        (["prod.payments"], "payments", "prod.payments"),
        (["eu.payments", "us.payments"], "payments", "payments"),
        (["eu.payments"], "us.payments", "us.payments"),
        (["payments"], "prepayments", "prepayments"),
        (["payments"], "", ""),
        (["payments"], "payments/", "payments/"),
    ],
)
def test_names_are_merged_only_where_they_are_the_same(declared, seen, expected):
    assert name_resolver(system(*((name, "dataset") for name in declared)))(seen) == expected


def test_upstream_holds_all_causes_and_the_node_itself():
    graph = bare(("a", "b"), ("b", "c"), ("c", "b"), ("x", "y"))
    assert upstream_of(graph, "c") == {"a", "b", "c"}
    assert upstream_of(graph, "a") == {"a"}
    assert upstream_of(graph, "nowhere") == {"nowhere"}


def test_the_blame_path_is_shortest_and_the_first_by_name():
    graph = bare(("a", "m2"), ("a", "m1"), ("m1", "z"), ("m2", "z"), ("a", "l"), ("l", "k"), ("k", "z"))
    assert blame_path(graph, "a", "z") == ("a", "m1", "z")
    assert blame_path(graph, "z", "a") == ()
    assert blame_path(graph, "z", "z") == ("z",)
    assert blame_path(graph, "z", "nowhere") == blame_path(graph, "nowhere", "z") == ()
    assert blame_path(graph, "nowhere", "nowhere") == ()


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40))
def test_paths_agree_with_networkx_on_any_graph(pairs):
    graph = bare(("n0", "n0"), *((f"n{a}", f"n{b}") for a, b in pairs))
    for source in graph:
        assert upstream_of(graph, source) == nx.ancestors(graph, source) | {source}
        path = blame_path(graph, source, "n0")
        if nx.has_path(graph, source, "n0"):
            assert list(path) == min(nx.all_shortest_paths(graph, source, "n0"))
        else:
            assert path == ()
    assert all(to_text(graph).count(f"{node}") for node in graph)


def test_text_is_a_tree_of_causes_beneath_their_effects():
    assert to_text(build_graph(SMALL)) == ("rate [kpi]\n└── scorer [model]\n    └── feed [dataset]\n")


def test_text_marks_cycles_and_what_was_drawn_before():
    text = to_text(bare(("a", "c"), ("b", "c"), ("d", "a"), ("d", "b"), ("c", "d")), root="c")
    assert text.splitlines() == ["c", "├── a", "│   └── d", "│       └── c (cycle)", "└── b", "    └── d (see above)"]


def test_text_of_a_graph_that_is_all_cycle_and_of_a_root_that_is_not_there():
    assert to_text(bare(("a", "b"), ("b", "a"))).splitlines() == ["a", "└── b", "    └── a (cycle)"]
    assert to_text(bare(("a", "b")), root="nowhere") == ""


def test_a_chain_of_any_length_is_drawn_without_recursion():
    chain = bare(*((f"n{k + 1:05}", f"n{k:05}") for k in range(5000)))
    assert "…" in to_text(chain)
    assert len(blame_path(chain, "n05000", "n00000")) == 5001


def test_mermaid_escapes_untrusted_names():
    odd = 'a b;--"]<script>'
    graph = build_graph(system((odd, "dataset"), ("m", "model"), edges=[(odd, "m", ["x|y", "b", "c", "d"])]))
    text = to_mermaid(graph, highlight=["m", "nowhere"])
    assert "<" not in text
    assert text.count('"') == 6  # two nodes and one label, each quoted once on both sides
    assert "x#124;y, b, c, …" in text
    assert text.endswith("    class n1 highlight\n")


def test_a_large_graph_is_built_and_walked_in_one_pass_each():
    size = 20_000
    edges = [(f"n{k}", f"n{(k * 7919 + 13) % size}") for k in range(size)]
    edges += [(f"n{k}", f"n{k // 2}") for k in range(1, size)]
    graph = build_graph(SMALL, span_edges=edges)
    assert len(upstream_of(graph, "n0")) == size
    assert blame_path(graph, f"n{size - 1}", "n0")[-1] == "n0"
