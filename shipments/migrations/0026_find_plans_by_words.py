"""Indexes by every three letters of what is searched of plans. pg_trgm comes with PostgreSQL; the owner may create it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations
from django.db.models.functions import Upper

from shipments.migrations._again import BuildIndex


def _by_words(model: str, column: str, what: str = "") -> BuildIndex:
    index = GinIndex(OpClass(Upper(column), name="gin_trgm_ops"), name=f"{what or model}_by_words")
    return BuildIndex(model_name=model, index=index)


class Migration(migrations.Migration):
    # Built beside running writers.
    atomic = False

    dependencies = [
        ("shipments", "0025_add_up_flows_of_before"),
    ]

    operations = [
        TrigramExtension(),
        _by_words("subject", "title"),
        _by_words("subjectidentifier", "value", "identifier"),
        _by_words("crisis", "glide"),
        _by_words("appeal", "asked_for"),
        _by_words("offer", "conditions"),
        _by_words("offerline", "item"),
        _by_words("inquiry", "question"),
        _by_words("line", "item"),
    ]
