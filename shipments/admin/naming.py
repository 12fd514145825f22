"""Lists whose rows tell places and actors by a code: they are shown by the names that the reader may know."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from unfold.admin import ModelAdmin

from actors.admin.readable import reader_of
from shipments.services.value_names import names_of


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
