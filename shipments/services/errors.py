"""What can go wrong in the services of this app, with stable codes and named facts.

ShipmentsError
├── NotHeld            the report is bound already; move it by a two_events decision
├── UnknownCase        no case of that name
├── NotDecidable       the decision does not fit the subject
├── ChangedEvidence    a file gives another meaning to what was recorded and is never rewritten
├── AddressNotAllowed  a webhook may not be sent there
├── TooMany            a partner has as many of these as one may have
├── NotActive          the subscription is disabled
├── SubscriptionGone   the subscription was removed meanwhile
├── NotMergeable       the two are not of one kind, or one of them may not be merged
├── TooMuchToRead      what is asked for would be added up of more offers and shipments than one answer may
└── NotRevisable       the row is no longer its sender's to change, or was changed meanwhile
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


class SubscriptionGone(ShipmentsError):
    code = "not_found"


class NotMergeable(ShipmentsError):
    code = "not_mergeable"


class TooMuchToRead(ShipmentsError):
    """``is_passing``: the same can be asked for again, a while later."""

    code = "too_much_to_read"

    def __init__(self, detail: str, *, is_passing: bool) -> None:
        super().__init__(detail)
        self.is_passing = is_passing


class NotRevisable(ShipmentsError):
    """``code`` says why: not_yours, confirmed, merged or changed_meanwhile. ``version`` is the present one."""

    def __init__(self, code: str, detail: str, *, version: int = 0) -> None:
        super().__init__(detail)
        self.code = code
        self.version = version
