"""Partners' way in and out. What all views share (pages, parameters, rights, refusals) is in actors.api.

writing              reporting, batch (many at once), documents, ledger, ledger_docs, idempotency
subjects             subjects (the views), subject, serializers
    the plan         plans, planned, beside, named
    the picture      pictures, stored, resolved, withholding
    narrowed         filters, conditions, searching, moments
other lists          reports, report_filters, conflicts, left_out, registers, flows
what changed         changes, differences
webhooks             subscriptions, deliveries, webhooks, messages
in every answer      times
for the guide        words
"""
