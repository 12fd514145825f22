"""What the views of one kind of subject share: finding one by its reference, or saying that there is none."""

from datetime import datetime
from typing import Any, ClassVar

from actors.api.parameters import Parameters
from actors.api.reading import ReadView
from actors.api.refusals import not_found
from shipments.api.filters import KnownAtParameters
from shipments.api.pictures import Asked
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
        row = named_subject(self.kind, reference, self.reader, Asked(known_at=known_at))
        if row is None:
            raise not_found()
        return row

    def subject(self, reference: str, known_at: datetime | None) -> Subject:
        """The same as a model."""
        return Subject.objects.get(pk=self.row(reference, known_at)["pk"])
