import networkx as nx

from api.pages.drawing import HEIGHT, WIDTH, drawn


def graph(*edges: tuple[str, str]) -> "nx.DiGraph[str]":
    made: nx.DiGraph[str] = nx.DiGraph()
    for a, b in edges:
        for name in (a, b):
            made.add_node(name, kind="dataset")
        made.add_edge(a, b, origin="declared")
    return made


def test_effects_stand_right_of_their_causes_and_no_two_boxes_touch() -> None:
    found = drawn(graph(("a", "m"), ("b", "m"), ("m", "k"), ("a", "k")), marked=("a", "m", "k"), end="k")
    place = {box.name: box for box in found.boxes}
    assert place["a"].x < place["m"].x < place["k"].x
    for one in found.boxes:
        for other in found.boxes:
            apart = abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
            assert one is other or apart
        assert 0 <= one.x <= found.width - WIDTH
        assert 0 <= one.y <= found.height - HEIGHT
    assert [(line.source, line.target) for line in found.lines if line.marked] == [("a", "m"), ("m", "k")]
    assert place["k"].end


def test_cycles_and_self_edges_are_drawn() -> None:
    found = drawn(graph(("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")), end="c")
    assert {box.name for box in found.boxes} == {"a", "b", "c"}
    assert len(found.lines) == 4


def test_an_edge_ends_at_its_target_whichever_way_it_runs() -> None:
    found = drawn(graph(("a", "b"), ("b", "c"), ("c", "a")), end="c")
    place = {box.name: box for box in found.boxes}
    for line in found.lines:
        x, y = (float(part) for part in line.path.split(" ")[-2:])
        target = place[line.target]
        assert min(abs(x - target.x), abs(x - target.x - WIDTH)) <= 5
        assert not target.x < x < target.x + WIDTH
        assert target.y < y < target.y + HEIGHT


def test_of_a_large_graph_the_way_and_what_is_near_is_drawn() -> None:
    chain = [(f"n{place:03d}", f"n{place + 1:03d}") for place in range(100)]
    found = drawn(graph(*chain), marked=("n000",), end="n100", most=20)
    names = {box.name for box in found.boxes}
    assert len(names) == 20
    assert {"n000", "n100", "n099"} <= names
    assert found.left_out == 81


def test_long_names_are_cut_and_kept_whole_beside() -> None:
    (box, _) = sorted(drawn(graph(("x" * 80, "y"))).boxes, key=lambda box: box.name)
    assert box.name == "x" * 80
    assert len(box.label) == 20


def test_an_empty_graph_is_an_empty_drawing() -> None:
    assert drawn(nx.DiGraph()).boxes == ()
