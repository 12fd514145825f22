"""What no schema can say to Schemathesis: a cursor is good only where it was given out."""

from typing import Any

import schemathesis


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Leave an invented cursor out of requests that are to be right; in those that are to be wrong it stays."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        for name in ("cursor", "after"):
            case.query.pop(name, None)
