"""What a browser without scripts makes of a page: its forms, with what they would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form: where it goes, its fields, and its buttons as (name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Reader(HTMLParser):
    """Collects forms, ids, headings and links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes |= set(given)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" and "href" in given else []
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
            self._inside = True
        elif self._inside and tag in ("input", "textarea", "select") and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        elif self._inside and tag == "button":
            self.forms[-1].buttons.append((given.get("name", ""), given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "form"


def read(html: str) -> Reader:
    """Return what a page holds."""
    reader = Reader()
    reader.feed(html)
    return reader


def form(html: str, ending: str, number: int = 0) -> Form:
    """Return a form of a page by the end of its action's path."""
    found = [each for each in read(html).forms if each.action.split("?")[0].endswith(ending)]
    return found[number]
