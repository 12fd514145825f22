"""Conditions on arrays that Django has no lookup for."""

from django.db.models import BooleanField, Func


class IsAny(Func):
    """Whether a column is any of an array. Unlike IN, it takes one parameter, and a subquery is looked up by index."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    arity = 2
    output_field = BooleanField()


class EachOf(Func):
    """The texts of an array one by one, for `IsAny` to look up each by itself.

    What an index finds by hash is compared once more: with every text of an array, where it is asked for by the array.
    """

    template = "SELECT unnest(%(expressions)s::text[])"
    arity = 1
