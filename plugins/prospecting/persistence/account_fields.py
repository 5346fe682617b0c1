"""Kinds of models and texts that companies, contacts and relationships are handed over and read with."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from prospecting.persistence.checked_fields import GIVEN, STORED
from prospecting.persistence.database import clean_text


class Given(BaseModel):
    """Something to be written: unknown fields are refused, and errors do not repeat values."""

    model_config = GIVEN


class Stored(BaseModel):
    """Something as it is stored."""

    model_config = STORED


def _text(value: object) -> object:
    """Text that can be stored, without spaces around it; a blank one is none."""
    return clean_text(value).strip() or None if isinstance(value, str) else value


_Text = Annotated[str, Field(max_length=500)]
Name = Annotated[_Text, BeforeValidator(_text)]
OptionalText = Annotated[_Text | None, BeforeValidator(_text)]
OptionalProse = Annotated[Annotated[str, Field(max_length=20_000)] | None, BeforeValidator(_text)]
Texts = list[Name]
