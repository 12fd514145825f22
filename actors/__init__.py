"""Who takes part, who speaks, how far they are trusted, and who may call.

access, marking                the one policy: who may read what
identifiers                    keys that stay inside, references that go out
models, querysets, services    what is kept, who may read which rows, what is done
api, admin, management         the ways in and out, and what all views and pages have in common
"""
