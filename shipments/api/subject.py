"""What the views of one kind of subject share: finding one by its reference, or saying that there is none."""

from datetime import datetime
from typing import ClassVar

from django.db.models.functions import Coalesce

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
        named = Subject.objects.visible_to(self.reader).filter(reference=reference)
        kept = named.values(kept=Coalesce("merged_into_id", "pk"))
        rows = MODELS[self.kind].objects.visible_to(self.reader).filter(pk__in=kept)
        if known_at:
            rows = rows.filter(was_known(self.reader, known_at))
        try:
            return rows.get()
        except Subject.DoesNotExist:
            raise not_found() from None
