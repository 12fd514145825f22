"""What a row tells by a code or a key is shown by its name, as far as the reader may know it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from actors.access import Reader
from actors.admin.readable import reader_of
from actors.models import Source
from shipments.models import Report
from shipments.services.value_names import names_of
from shipments.wording import amount_in_words


def source_names(reports: Iterable[Report], reader: Reader) -> dict[UUID, str]:
    """What the sources of ``reports`` are called, by their keys; those that ``reader`` may not know are left out."""
    spoke = {each.source_id for each in reports}
    return dict(Source.objects.named_to(reader).filter(pk__in=spoke).values_list("pk", "name"))


class NamedValues(ModelAdmin):
    """Gives each row of its list the ``names`` of whatever the values in them may tell."""

    def values_in(self, row: Any) -> Iterable[Any]:
        """The values of findings that a row shows."""
        raise NotImplementedError

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; its names are looked up at once."""
        found = super().get_changelist_instance(request)
        names = names_of((value for row in found.result_list for value in self.values_in(row)), reader_of(request))
        for row in found.result_list:
            row.names = names
        return found


class NamedQuantities(ModelAdmin):
    """Tells quantities and money as people write them, in one column each."""

    @display(description="quantity", ordering="quantity_low")
    def shown_quantity(self, line: Any) -> str:
        return amount_in_words(line.quantity_low, line.quantity_high, unit=line.unit, qualifier=line.qualifier)

    @display(description="amount", ordering="amount")
    def shown_amount(self, line: Any) -> str | None:
        return None if line.amount is None else amount_in_words(line.amount, line.amount, unit=line.currency)
