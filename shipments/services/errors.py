"""What can go wrong in the services of this app, with stable codes and named facts.

ShipmentsError
├── NotHeld            the report is bound already; move it by a two_events decision
├── UnknownCase        no case of that name
├── NotDecidable       the decision does not fit the subject
├── ChangedEvidence    a file gives another meaning to what was recorded and is never rewritten
├── AddressNotAllowed  a webhook may not be sent there
├── TooMany            a partner has as many of these as one may have
└── NotActive          the subscription is disabled
"""


class ShipmentsError(Exception):
    """``code`` is stable, ``detail`` a sentence for the person who asked."""

    code = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotHeld(ShipmentsError):
    code = "not_held"


class UnknownCase(ShipmentsError):
    code = "unknown_case"


class NotDecidable(ShipmentsError):
    code = "not_decidable"


class ChangedEvidence(ShipmentsError):
    code = "changed_evidence"


class AddressNotAllowed(ShipmentsError):
    code = "address_not_allowed"


class TooMany(ShipmentsError):
    code = "too_many"


class NotActive(ShipmentsError):
    code = "not_active"
