"""TLP 2.0 markings (FIRST, August 2022) as one order, so that "may see" is a comparison."""

from typing import Any

from django.db import models


class Marking(models.IntegerChoices):
    """How far something may travel. A reader cleared for one marking reads all below it."""

    CLEAR = 0, "TLP:CLEAR"
    GREEN = 1, "TLP:GREEN"
    AMBER = 2, "TLP:AMBER"
    AMBER_STRICT = 3, "TLP:AMBER+STRICT"
    RED = 4, "TLP:RED"

    @property
    def code(self) -> str:
        """The name partners use: ``CLEAR`` … ``AMBER+STRICT``."""
        return self.name.replace("_", "+")

    @classmethod
    def from_code(cls, code: str) -> "Marking":
        """The marking of that name. Raises KeyError for a name TLP 2.0 does not have."""
        return cls[code.replace("+", "_")]


def marking_field(**options: Any) -> models.PositiveSmallIntegerField:
    """The column every document, report and subject carries."""
    return models.PositiveSmallIntegerField(
        choices=Marking.choices, default=Marking.CLEAR, help_text="Who may read it, by TLP 2.0.", **options
    )
