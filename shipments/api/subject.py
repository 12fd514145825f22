"""What the views of one kind of subject share: finding one by its reference, or saying that there is none."""

from datetime import datetime
from typing import ClassVar

from django.db.models import Q

from actors.api.parameters import Parameters
from actors.api.reading import ReadView
from actors.api.refusals import not_found
from shipments.api.filters import KnownAtParameters, was_known
from shipments.api.plans import MODELS
from shipments.models import Subject


class SubjectView(ReadView):
    """A view of one subject of one kind."""

    kind: ClassVar[str]
    parameters: type[Parameters] = KnownAtParameters

    def subject(self, reference: str, known_at: datetime | None) -> Subject:
        """The subject, or what it was merged into. Raises the same refusal for hidden, missing and not yet known."""
        merged = Subject.objects.visible_to(self.reader).filter(reference=reference, merged_into__isnull=False)
        named = Q(reference=reference, merged_into=None) | Q(pk__in=merged.values("merged_into"))
        rows = MODELS[self.kind].objects.visible_to(self.reader).filter(named)
        if known_at:
            rows = rows.filter(was_known(self.reader, known_at))
        subject = rows.first()
        if subject is None:
            raise not_found()
        return subject
