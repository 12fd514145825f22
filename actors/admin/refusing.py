"""What a form says where the database would refuse a row: in words, and not that another has what is used once."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import BaseConstraint, CheckConstraint, Model, QuerySet, UniqueConstraint

from actors.admin.badges import words

# Of what is used once: whoever has it may be hidden.
TAKEN = "It cannot be used here: it is taken, or kept for something else."
BROKEN = "broken"
# What to enter where a constraint refuses what was said, by the end of its name.
INSTEAD = {
    "country_is_iso_3166": "Give two capital letters, as in ISO 3166-1: KP.",
    "unlocode_is_well_formed": "Give the country's two letters and three for the place, in capitals: KPFNJ.",
    "latitude_is_on_earth": "Give degrees from -90 to 90; south is below 0.",
    "longitude_is_on_earth": "Give degrees from -180 to 180; west is below 0.",
    "glide_is_well_formed": "Give it as GLIDE numbers are written: EP-2022-000215-PRK.",
    "goes_somewhere": "Choose another place than the origin.",
    "planned_to_arrive_before_it_departs": "Give a moment that is not before the planned departure.",
    "quantity_is_not_negative": "Give quantities of 0 or more.",
    "quantity_low_is_not_above_high": "Give at least as much as the low quantity, or leave one of the two empty.",
    "amount_has_a_currency": "Give an amount of 0 or more with its currency in three capital letters: USD.",
    "is_not_addressed_to_its_maker": "Choose somebody else than the requester.",
    "offer_is_not_to_its_donor": "Choose somebody else than the donor.",
    "limits_let_something_through": "Give limits of 1 or more, or leave them empty.",
    "url_is_of_the_web": "Give an address that begins with https:// or http://.",
}


class WordedForm(forms.ModelForm):
    """A form that tells whoever is refused by a constraint what to enter instead.

    What is chosen and was merged stands for what it is now, as in what partners send.
    """

    def clean(self) -> dict[str, Any] | None:
        said = super().clean()
        for name, field in self.fields.items():
            chosen = self.cleaned_data.get(name)
            if not isinstance(field, forms.ModelChoiceField) or chosen is None:
                continue
            is_many = isinstance(field, forms.ModelMultipleChoiceField)
            kept = dict.fromkeys(_survivor(each, field.queryset) for each in (chosen if is_many else [chosen]))
            if None in kept:
                self.add_error(name, "It was merged into another that you may not name.")
            else:
                self.cleaned_data[name] = list(kept) if is_many else next(iter(kept))
        return said

    def _update_errors(self, errors: ValidationError) -> None:  # Django's name
        told: dict[str, list[ValidationError]] = {}
        for name, refusals in errors.update_error_dict({}).items():
            for refusal in refusals:
                worded, beside = self._worded(refusal)
                # What the form has said in its own words is not said again.
                if worded.code != BROKEN or not self.non_field_errors():
                    told.setdefault(beside or name, []).append(worded)
        self.add_error(None, ValidationError(told))

    def _worded(self, refusal: ValidationError) -> tuple[ValidationError, str | None]:
        """What is said of it, and beside which field: the last that the constraint speaks of, as the page has them."""
        known = {each.get_violation_error_message(): each for each in _constraints(self._meta.model)}
        broken = known.get(refusal.message)
        if refusal.code in ("unique", "unique_together") or isinstance(broken, UniqueConstraint):
            return ValidationError(TAKEN, code="unique"), None
        if not isinstance(broken, CheckConstraint):
            return refusal, None
        beside = [name for name in self.fields if name in broken.condition.referenced_base_fields]
        instead = [said for rule, said in INSTEAD.items() if broken.name.endswith(rule)]
        said = instead[0] if instead else f"It has to be so: {words(broken.name)}."
        return ValidationError(said, code=BROKEN), beside[-1] if beside else None


def _survivor(row: Model | None, seen: QuerySet) -> Model | None:
    """``row``, or what it was merged into, however often; None where that is not among ``seen``."""
    while into := getattr(row, "merged_into_id", None):
        row = seen.filter(pk=into).first()
    return row


def _constraints(model: type[Model]) -> Iterator[BaseConstraint]:
    for each in (model, *model._meta.all_parents):
        yield from each._meta.constraints
