"""Who one is to the service."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.caller import Reads

router = APIRouter(prefix="/v1/me", tags=["service"])


class Me(BaseModel):
    """Who a request comes from, and what it may do."""

    account: str = Field(examples=["ana"])
    scopes: list[str] = Field(examples=[["read", "review"]])
    open: bool = Field(description="No authentication is set up: an account is only a name.")


@router.get("")
def get_me(caller: Reads) -> Me:
    """Return who one is to the service."""
    return Me(account=caller.account, scopes=list(caller.scopes), open=caller.open)
