"""How the tests of constraints work: each named constraint has offences, and each offence must be refused by it."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

Offence = Callable[[], object]
Offences = Mapping[str, Sequence[Offence]]


def named_constraints(app: str) -> set[str]:
    """The names of all constraints that the models of ``app`` declare."""
    models = apps.get_app_config(app).get_models(include_auto_created=True)
    return {constraint.name for model in models for constraint in model._meta.constraints}


def cases(offences: Offences) -> list[object]:
    """A case for each offence, named after its constraint."""
    return [
        pytest.param(name, offence, id=f"{name}-{number}" if len(rows) > 1 else name)
        for name, rows in offences.items()
        for number, offence in enumerate(rows)
    ]


def assert_bites(constraint: str, offence: Offence) -> None:
    """``offence`` is refused by the database, by this constraint and no other."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        offence()
    assert refused.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]
