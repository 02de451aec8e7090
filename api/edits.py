"""Edits that name the version they were made of, so that nobody's change is lost."""

from typing import TypeVar

from fastapi import Request

from api.problems import Problem

Result = TypeVar("Result")


def etag(version: object) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def expected(request: Request, current: str, *, needed: bool = True) -> None:
    """Refuse an edit of another version than the current one.

    Raises
    ------
    Problem
        428 when If-Match is missing and needed, 412 when it names another version.
    """
    given = request.headers.get("if-match")
    if given is None:
        if needed:
            raise Problem(
                428, "if-match", "say which version you edit: send If-Match with the ETag that a GET of it gave"
            )
        return
    tags = {tag.strip().removeprefix("W/") for tag in given.split(",")}
    if "*" not in tags and current not in tags:
        raise Problem(
            412,
            "changed",
            f"it was changed meanwhile: it is at {current} now; get it again, and repeat the edit",
            headers={"ETag": current},
        )


def not_modified(request: Request, current: str) -> bool:
    """Return whether the client has this version already."""
    given = request.headers.get("if-none-match", "")
    return current in {tag.strip().removeprefix("W/") for tag in given.split(",")}
