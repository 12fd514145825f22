"""Conditions on arrays that Django has no lookup for."""

from django.db.models import BooleanField, Func


class IsAny(Func):
    """Whether a column is any of an array. Unlike IN, it takes one parameter, and a subquery is looked up by index."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    arity = 2
    output_field = BooleanField()
