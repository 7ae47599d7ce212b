"""What the schemas of all user files share: strict tables, and errors that teach.

A field's description completes the sentence "write ...".
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

Tag = Literal["V", "U-H", "U-M", "U-L", "D", "S", "prior"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1)]


def fault(what: str, fix: str) -> PydanticCustomError:
    """Return the error that a validator raises: what is wrong, and the fix."""
    # The braces of a message template are never wanted: both texts travel as values.
    return PydanticCustomError("ifn", "{what}", {"what": what, "fix": fix})


class Section(BaseModel):
    """Any table of the file: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _moves_no_cursor(cls, value: object) -> object:
        """Refuse texts that would do something to the terminal they are shown on."""
        if _moves_cursor(value):
            raise fault("this text holds control characters", "write it without them")
        return value


def _moves_cursor(value: object) -> bool:
    """Return whether a text, or one in a list, holds control characters."""
    if isinstance(value, list):
        return any(_moves_cursor(item) for item in cast("list[object]", value))
    return isinstance(value, str) and any(
        unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in value
    )
