"""The pages of subjects, evidence, picture, tables and the queue. Importing this package registers them."""

from shipments.admin import (
    beliefs,
    curating,
    decisions,
    merging,
    plan,
    reports,
    running,
    shipment,
    subjects,
    tables,
    webhooks,
)

__all__ = [
    "beliefs",
    "curating",
    "decisions",
    "merging",
    "plan",
    "reports",
    "running",
    "shipment",
    "subjects",
    "tables",
    "webhooks",
]
