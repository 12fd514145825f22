"""Telling partners what changed, by Standard Webhooks 1.0 (https://www.standardwebhooks.com, read 2026-11).

subscribing   what a partner or an operator does to a subscription
fanning_out   committed outbox events ─> one delivery for each subscription that may know and asked
correcting    a status that was told and is not believed any more ─> a delivery to whoever was told
delivering    claim ─> may it still know? ─> send (sending, to where addresses allows) ─> settle (schedule)
"""
