"""An analyst enters a report: the form becomes the same JSON that partners send, and goes the same way in."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from actors.access import Reader
from actors.admin.badges import told_apart, words
from actors.marking import Marking
from actors.models import Source, User
from shipments.intake.draft import Invalid, Problem
from shipments.intake.report import parse_report
from shipments.models import Attribute, Document, Report
from shipments.reconciliation.lifecycles import LIFECYCLES
from shipments.services.recording import Outcome, Sender, record

FACTS = (1, 2, 3)


def _line(**options: Any) -> forms.CharField:
    return forms.CharField(widget=UnfoldAdminTextInputWidget, **options)


def _choice(choices: Any = (), **options: Any) -> forms.ChoiceField:
    return forms.ChoiceField(choices=choices, widget=UnfoldAdminSelectWidget, **options)


class ReportForm(forms.Form):
    """One statement by one source about one subject at one time. Problems are shown at the field they lie in."""

    title = "Enter a report"
    is_wide = True
    source = _choice()
    subject = _line(help_text="Its reference, or scheme:value as somebody else knows it.")
    asserted_at = _line(help_text="When the source said it, with a time zone: 2022-05-17T08:00:00+09:00.")
    code = _choice(required=False, label="Milestone")
    polarity = _choice(Report.Polarity.choices, help_text="Whether they say that it is so, or that it is not.")
    time_class = _choice(Report.TimeClass.choices)
    occurred = _line(required=False, help_text="When it happened: a moment with a time zone, a day or a month.")
    leg = _line(required=False)
    place = _line(required=False, help_text="A place's code, for example CNSHE.")
    directness = _choice(Report.Directness.choices)
    hedge = _choice(Report.Hedge.choices)
    cites = _choice(required=False, help_text="Whom it repeats, where it names them.")
    document = _choice(required=False)
    quote = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
    language = _line(required=False, help_text="Of the quote: en, ko.")

    def __init__(self, reader: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = [(each.code, told_apart(each)) for each in Source.objects.named_to(reader)]
        documents = Document.objects.visible_to(reader).order_by("-received_at")[:200]
        codes = {each.name: None for lifecycle in LIFECYCLES.values() for each in lifecycle.milestones}
        attributes = [("", "–"), *Attribute.objects.values_list("name", "label")]
        self.fields["source"].choices = [("", "–"), *sources]
        self.fields["cites"].choices = [("", "–"), *sources]
        self.fields["document"].choices = [("", "–"), *((each.reference, told_apart(each)) for each in documents)]
        self.fields["code"].choices = [("", "–"), *((name, words(name)) for name in codes)]
        for number in FACTS:
            self.fields[f"attribute_{number}"] = _choice(attributes, required=False, label=f"Fact {number}")
            self.fields[f"value_{number}"] = _line(
                required=False,
                label=f"Value {number}",
                help_text="Words, a code, or an amount with its unit: 50 TNE, 1900000-2000000 people." * (number == 1),
            )
            self.fields[f"as_of_{number}"] = _line(
                required=False, label=f"As of {number}", help_text="A moment with a time zone." * (number == 1)
            )
        # Last: a row of the page has three fields, and so has a fact.
        marks = [(mark.code, mark.label) for mark in Marking if mark <= reader.clearance]
        self.fields["marking"] = _choice(marks)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.draft = parse_report(self._data(said), now=timezone.now())
            except Invalid as invalid:
                self.show(invalid.problems)
        return said

    def record(self, user: User) -> Outcome:
        (outcome,) = record([self.draft], sender=Sender(user=user))
        self.show(outcome.problems)
        return outcome

    def show(self, problems: Iterable[Problem]) -> None:
        """Each problem at its field, the rest above the form."""
        for problem in problems:
            _, _, rest = problem.pointer.partition("/")
            parts = rest.split("/")
            name = f"value_{self.rows[int(parts[1])]}" if parts[0] == "facts" and len(parts) > 1 else parts[0]
            self.add_error(name if name in self.fields else None, problem.detail)

    def _data(self, said: dict[str, Any]) -> dict[str, Any]:
        plain = {
            name: said[name]
            for name in self.fields
            if said.get(name) and name != "cites" and name.rpartition("_")[0] not in ("attribute", "value", "as_of")
        }
        self.rows = [number for number in FACTS if said.get(f"attribute_{number}")]
        types = dict(Attribute.objects.values_list("name", "type"))
        facts = []
        for number in self.rows:
            name = said[f"attribute_{number}"]
            fact = {"attribute": name, "value": _typed(types[name], said[f"value_{number}"])}
            facts.append(fact | ({"as_of": said[f"as_of_{number}"]} if said[f"as_of_{number}"] else {}))
        return (
            plain
            | ({"facts": facts} if facts else {})
            | ({"cites": [{"source": said["cites"]}]} if said.get("cites") else {})
        )


def _typed(kind: str, said: str) -> dict[str, Any]:
    """A value as its attribute wants it; whether it is one is the parser's to say."""
    if kind in (Attribute.Type.QUANTITY, Attribute.Type.MONEY):
        amount, _, unit = said.strip().partition(" ")
        low, _, high = amount.partition("-")
        bounds = {"low": low, "high": high or low}
        return bounds | {"currency" if kind == Attribute.Type.MONEY else "unit": unit.strip()}
    if kind == Attribute.Type.TIME:
        begin, _, end = said.partition(" to ")
        return {"from": begin.strip(), "to": (end or begin).strip()}
    return {kind: said.strip()}
