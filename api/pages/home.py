"""Where the pages begin."""

from fastapi import Request
from fastapi.responses import RedirectResponse

from api.pages.route import pages

router = pages()


@router.get("/")
def begin(request: Request) -> RedirectResponse:
    """Lead to the incidents."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/incidents", 303)
