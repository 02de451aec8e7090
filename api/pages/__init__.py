"""The pages for people: rendered here, one file a page; they read the engine as the routes of the API do."""

from api.pages import (
    actions,
    assets,
    cases,
    charts,
    home,
    incident,
    incidents,
    labelling,
    login,
    person,
    ranker,
    system,
    weekly,
)

PAGES = tuple(
    module.router
    for module in (
        *(assets, home, person, login, incidents, charts, incident, labelling),
        *(weekly, cases, actions, ranker, system),
    )
)
"""The routers of all pages."""
