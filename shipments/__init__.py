"""What was asked, offered and moved, what was said of it, and what we conclude.

api, admin, management, tasks     the ways in and out, thin
services                          what the app does
intake, reconciliation            from what was sent to checked drafts; from evidence to a picture. Both pure
models, querysets                 what is kept, and who may read which rows
wording                           values and times in words
vocabularies, cases               the world's codes and our rules; a real case: files that are loaded
generation, factories             made-up rows, for tests and trials
"""
