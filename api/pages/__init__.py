"""The pages for people: rendered here, one file a page; they read the engine as the routes of the API do."""

from api.pages import assets, home, incidents, login, person

PAGES = tuple(module.router for module in (assets, home, person, login, incidents))
"""The routers of all pages."""
