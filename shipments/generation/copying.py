"""Rows of made-up plans by COPY: what is in the columns of a model, many times faster than by its instances."""

from collections.abc import Iterable

from django.db import connection
from django.db.models import NOT_PROVIDED, AutoField, Field, Model

from shipments.services.inserting import copy_in


def copy_rows(model: type[Model], rows: Iterable[Model]) -> None:
    """Insert ``rows`` by COPY: what is in the columns of ``model`` itself, keys that the database gives left out."""
    fields = [field for field in model._meta.local_concrete_fields if not _is_given_by_database(field)]
    values = ([field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows)
    copy_in(model._meta.db_table, [str(field.column) for field in fields], values)


def _is_given_by_database(field: Field) -> bool:
    return isinstance(field, AutoField) or field.db_default is not NOT_PROVIDED
