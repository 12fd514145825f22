"""Two people have one page open: the second to save it is told what changed meanwhile, and overwrites nothing.

page is shown ─> a short hash of each field and of each list of rows, in a hidden field
page is saved ─> the row is locked, hashed again ─> the same: saved │ another: told which, nothing is saved
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms.models import model_to_dict
from django.utils.crypto import salted_hmac

from actors.admin.refusing import WordedForm
from actors.services.containing import lock_containers, would_contain_itself

SEEN = "seen"
# Enough to tell a change: nobody gains by making one up.
HASH_LENGTH = 12
Rows = Callable[[Model], Iterable[tuple[str, list[Any]]]]


class SeenForm(WordedForm):
    """A form that knows what its page showed. ``rows_of`` tells the lists of rows that are written with a row."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    rows_of: Rows

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial[SEEN] = json.dumps(self._hashes(self.instance))

    def clean(self) -> dict[str, Any] | None:
        said = super().clean()
        if seen := self.cleaned_data.get(SEEN):
            self._must_be_as(seen)
        return said

    def _must_be_as(self, seen: str) -> None:
        # With the row of its kind's parent: of what is not locked here, who waited is shown what was there before. The
        # key stays, so that whoever points at it is not kept waiting.
        present = type(self.instance)._base_manager.select_for_update(no_key=True).get(pk=self.instance.pk)
        try:
            before = dict(json.loads(seen))
        except (ValueError, TypeError):
            before = {}
        changed = [name for name, digest in self._hashes(present).items() if before.get(name) != digest]
        if changed:
            raise ValidationError(
                "Somebody changed this since you opened it: %(what)s. Nothing was saved; open the page again.",
                params={"what": ", ".join(self._told(name, present) for name in changed)},
            )

    def _hashes(self, row: Model) -> dict[str, str]:
        own = [name for name in self.fields if name != SEEN]
        held = model_to_dict(row, fields=own)
        said = {name: [getattr(each, "pk", each) for each in value] if isinstance(value, list) else value
                for name, value in held.items()}  # fmt: skip
        return {name: _hash(value) for name, value in [*said.items(), *self.rows_of(row)]}

    def _told(self, name: str, present: Model) -> str:
        """What a field is now; of a key or a list of rows its name alone, for it may be hidden from who is told."""
        label = name.replace("_", " ")
        field = self.fields.get(name)
        if field is None or isinstance(field, forms.ModelChoiceField):
            return label
        shown = getattr(present, f"get_{name}_display", None)
        value = shown() if shown else getattr(present, name)
        return f"{label} (now {value if value not in ('', None) else 'empty'})"


class PartForm(SeenForm):
    """The same of what may be a part of another of its kind, which its field ``whole`` names."""

    whole = "parent"

    def clean(self) -> dict[str, Any] | None:
        is_moved = self.whole in self.changed_data
        if is_moved:
            lock_containers(str(self._meta.model._meta.model_name))
        said = super().clean()
        whole = self.cleaned_data.get(self.whole)
        if is_moved and whole and would_contain_itself(self.instance, self.whole, whole.pk):
            self.add_error(self.whole, "It would be a part of itself.")
        return said


def _hash(value: Any) -> str:
    return salted_hmac("what a page showed", repr(value)).hexdigest()[:HASH_LENGTH]
