"""Reports become a picture: one pure function, the heart of the service.

    evidence -> identity (S0) -> own voice (S1) -> origins (S2) -> weights (S3) -> candidates (S4)
             -> chain (S5) -> status (S6) -> legs -> flags (S7), facts -> conflicts (S8)
             -> picture with its output hash (S9)

Entry points: ``fold.reconcile``, ``history.history``, ``audiences.visible``; what goes in is in ``model``
and ``values``, what comes out in ``picture``, the closed words in ``vocabulary``.

No clock, no database, no randomness, and no float in anything that decides or is hashed.
"""
