"""What a form says where the database would refuse a row: in words, and not that another has what is used once."""

from collections.abc import Iterator

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import BaseConstraint, Model, UniqueConstraint

from actors.admin.badges import words

# Of what is used once: whoever has it may be hidden.
TAKEN = "It cannot be used here: it is taken, or kept for something else."
BROKEN = "broken"


class WordedForm(forms.ModelForm):
    """A form whose refusals by constraints are told by their names, which are sentences."""

    def _update_errors(self, errors: ValidationError) -> None:  # Django's name
        told = {name: list(map(self._worded, said)) for name, said in errors.update_error_dict({}).items()}
        if self.non_field_errors():
            # The form has said it in its own words.
            told[NON_FIELD_ERRORS] = [each for each in told.get(NON_FIELD_ERRORS, ()) if each.code != BROKEN]
        self.add_error(None, ValidationError(told))

    def _worded(self, refusal: ValidationError) -> ValidationError:
        known = {each.get_violation_error_message(): each for each in _constraints(self._meta.model)}
        broken = known.get(refusal.message)
        if refusal.code in ("unique", "unique_together") or isinstance(broken, UniqueConstraint):
            return ValidationError(TAKEN, code="unique")
        return ValidationError(f"It has to be so: {words(broken.name)}.", code=BROKEN) if broken else refusal


def _constraints(model: type[Model]) -> Iterator[BaseConstraint]:
    for each in (model, *model._meta.all_parents):
        yield from each._meta.constraints
