"""What the views of one kind of subject share: finding one by its reference, or saying that there is none."""

from datetime import datetime
from typing import Any, ClassVar

from actors.api.parameters import Parameters
from actors.api.reading import ReadView
from actors.api.refusals import not_found
from shipments.api.filters import KnownAtParameters
from shipments.api.plans import named_subject
from shipments.models import Subject


class SubjectView(ReadView):
    """A view of one subject of one kind."""

    kind: ClassVar[str]
    parameters: type[Parameters] = KnownAtParameters

    def row(self, reference: str, known_at: datetime | None) -> dict[str, Any]:
        """The subject as in subject_rows, or what it was merged into.

        Raises the same refusal for hidden, missing and not yet known.
        """
        at = {"known_at": known_at} if known_at else {}
        rows = named_subject(self.reader, self.kind, bool(known_at)).dicts(self.reader, reference=reference, **at)
        if not rows:
            raise not_found()
        return rows[0]

    def subject(self, reference: str, known_at: datetime | None) -> Subject:
        """The same as a model."""
        return Subject.objects.get(pk=self.row(reference, known_at)["pk"])
