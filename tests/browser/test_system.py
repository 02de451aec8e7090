"""The system's page: graph, freshness, drift."""


def test_a_node_leads_to_what_is_near_it(served, opened) -> None:
    page = opened(served)
    page.goto("/system")
    whole = page.locator(".graph a").count()
    assert whole >= 15
    page.locator(".graph").get_by_role("link", name="feature-db").click()
    page.wait_for_url("**/system?node=feature-db*")
    assert 2 <= page.locator(".graph a").count() < whole
    page.get_by_text("The same as a list").click()
    assert "feature-store" in page.get_by_role("region", name="Dependencies").inner_text()


def test_the_graph_of_a_day_is_asked_for(served, opened) -> None:
    page = opened(served, script=False)
    page.goto("/system?at=2020-01-01")
    assert page.locator(".graph a").count() >= 15
    assert page.get_by_label("As declared on").input_value() == "2020-01-01"


def test_every_source_says_what_came_last(served, opened) -> None:
    page = opened(served)
    page.goto("/system")
    told = page.get_by_role("region", name="Freshness by source").inner_text()
    for source in ("predictions cancellation-risk", "predictions guest-intent", "traces", "kpis", "changes", "lineage"):
        assert source in told


def test_the_column_that_was_renamed_moved_far(served, opened) -> None:
    page = opened(served)
    page.goto("/system")
    card = page.locator(".card", has=page.get_by_role("heading", name="guest-intent"))
    assert "deposit_type" in card.inner_text()
    assert "moved far" in card.inner_text()
