"""Decisions of analysts, taken on the page of their subject.

Each kind has a form of its own; all end in services.deciding, which writes a report of the highest standing.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from actors.access import Reader
from actors.admin.asking import WhyForm
from actors.admin.badges import told_apart, words
from actors.models import Source, User
from shipments.admin.foreseen import NOT_SAID, Reach
from shipments.admin.naming import source_names
from shipments.admin.wording import about_in_words, conflict_in_words, content_in_words
from shipments.intake.draft import FactDraft
from shipments.intake.moments import known_at_of
from shipments.models import Conflict, Decision, Leg, Report, Subject
from shipments.reconciliation.lifecycles import LEG, LIFECYCLES
from shipments.services.deciding import decide

MOST_REPORTS = 200


class DecisionForm(WhyForm):
    """What every decision has: who says so is known, why they say, and until when it holds."""

    kind: str
    title: str
    effect: str

    until = forms.DateField(
        required=False, widget=UnfoldAdminSingleDateWidget, help_text="The last day on which it holds. Empty: for good."
    )

    def __init__(self, subject: Subject, reader: Reader, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.subject = subject
        self.reader = reader
        self.order_fields([name for name in self.fields if name not in ("reason", "until")])

    def decide(self, author: User) -> Report:
        until = self.cleaned_data.get("until")
        return decide(
            self.subject,
            author=author,
            kind=self.kind,
            reason=self.cleaned_data["reason"] or NOT_SAID,
            expires_at=known_at_of(until.isoformat()) if until else None,
            **self.content(),
        )

    def reach(self) -> Reach:
        """The pictures that it may change."""
        return Reach(subjects=[self.subject.pk])

    def content(self) -> dict[str, Any]:
        """What the service wants for this kind."""
        raise NotImplementedError

    def reports(self) -> list[Report]:
        """What was said of the subject, as far as the author sees it."""
        said = Report.objects.visible_to(self.reader).about(self.subject.pk).exclude(kind=Report.Kind.DECIDE)
        return list(said.select_related("leg").order_by("-asserted_at", "-id")[:MOST_REPORTS])

    def report_choices(self) -> list[tuple[str, str]]:
        said = self.reports()
        names = source_names(said, self.reader)
        return [
            (each.reference, f"{each.asserted_at:%-d %b %Y}, {names.get(each.source_id, 'withheld')}: {_brief(each)}")
            for each in said
        ]


class AcceptForm(DecisionForm):
    kind = Decision.Kind.ACCEPT
    title = "Accept"
    effect = "What you accept stands above everything that was said, until you withdraw it."

    milestone = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    leg = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget, help_text="Empty: of the whole.")
    as_said_in = forms.ChoiceField(
        required=False, widget=UnfoldAdminSelectWidget, help_text="Or: everything that this report states."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lifecycle = LIFECYCLES.get(self.subject.kind)
        own = lifecycle.milestones if lifecycle else ()
        legs = list(Leg.objects.filter(shipment=self.subject.pk).values_list("key", flat=True))
        named = dict.fromkeys(each.name for each in (*own, *(LEG.milestones if legs else ())))
        self.fields["milestone"].choices = [("", "–"), *((name, words(name)) for name in named)]
        self.fields["leg"].choices = [("", "–"), *((key, key) for key in legs)]
        self.fields["as_said_in"].choices = [("", "–"), *self.report_choices()]
        if lifecycle is None:
            del self.fields["milestone"]
        if not legs:
            del self.fields["leg"]

    def reports(self) -> list[Report]:
        """A denial states nothing that could be accepted."""
        return [each for each in super().reports() if each.polarity == Report.Polarity.AFFIRMS]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if bool(said.get("milestone")) == bool(said.get("as_said_in")):
            raise ValidationError("Choose a milestone, or a report whose statement you accept.")
        return said

    def content(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("milestone"):
            return {"milestone": said["milestone"], "leg": said.get("leg", "")}
        (report,) = [each for each in self.reports() if each.reference == said["as_said_in"]]
        return {
            "milestone": report.milestone,
            "leg": report.leg.key if report.leg else "",
            "flags": report.flags,
            "facts": [_draft(fact) for fact in report.facts],
        }


class ReportsForm(DecisionForm):
    """For decisions that are about reports."""

    chosen = forms.MultipleChoiceField(label="Reports", widget=UnfoldAdminCheckboxSelectMultipleWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chosen"].choices = self.report_choices()

    def content(self) -> dict[str, Any]:
        return {"reports": _named(self.reports(), self.cleaned_data["chosen"])}


class ExcludeForm(ReportsForm):
    kind = Decision.Kind.EXCLUDE
    title = "Exclude reports"
    effect = "They stay readable and weigh nothing."


class EchoForm(ReportsForm):
    kind = Decision.Kind.MARK_ECHO
    title = "Mark as echo"
    effect = "They count as repeating another report, or a source, and no longer as voices of their own."

    repeats = forms.ChoiceField(required=False, label="They repeat this report", widget=UnfoldAdminSelectWidget)
    speaks_for = forms.ChoiceField(required=False, label="Or this source", widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sources = Source.objects.named_to(self.reader).exclude(kind=Source.Kind.ANALYST)
        self.fields["repeats"].choices = [("", "–"), *self.fields["chosen"].choices]
        self.fields["speaks_for"].choices = [("", "–"), *((each.code, told_apart(each)) for each in sources)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if bool(said.get("repeats")) == bool(said.get("speaks_for")):
            raise ValidationError("Say what they repeat: one report, or one source.")
        if said.get("repeats") in said.get("chosen", ()):
            raise ValidationError("A report does not repeat itself.")
        return said

    def content(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said["repeats"]:
            (origin,) = _named(self.reports(), [said["repeats"]])
        else:
            origin = Source.objects.get(code=said["speaks_for"])
        return {**super().content(), "echo_of": origin}


class TwoEventsForm(ReportsForm):
    kind = Decision.Kind.TWO_EVENTS
    title = "Move to another subject"
    effect = (
        "These are two events: the reports move to the other. What they were first taken for stays on record. "
        "What they say of a leg or a line counts there only if it has one of that key."
    )

    until = None  # They come back when the decision is withdrawn.
    belongs_to = forms.CharField(
        label="They are about", widget=UnfoldAdminTextInputWidget, help_text="The reference of the other subject."
    )

    def clean_belongs_to(self) -> Subject:
        reference = self.cleaned_data["belongs_to"].strip().upper()
        found = Subject.objects.visible_to(self.reader).filter(reference=reference, kind=self.subject.kind)
        other = found.exclude(pk=self.subject.pk).first()
        if other is None:
            raise ValidationError(f"There is no other {self.subject.kind} of this reference.")
        return other

    def reach(self) -> Reach:
        return Reach(subjects=[self.subject.pk, self.cleaned_data["belongs_to"].pk])

    def content(self) -> dict[str, Any]:
        return {**super().content(), "to_subject": self.cleaned_data["belongs_to"]}


class NotComparableForm(ReportsForm):
    kind = Decision.Kind.NOT_COMPARABLE
    title = "Not comparable"
    effect = "What these reports say of the attribute is kept apart and no longer taken for a rival."

    attribute = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        said = sorted({fact["attribute"] for report in self.reports() for fact in report.facts})
        self.fields["attribute"].choices = [(name, words(name)) for name in said]

    def content(self) -> dict[str, Any]:
        return {**super().content(), "attribute": self.cleaned_data["attribute"]}


class KeepOpenForm(DecisionForm):
    kind = Decision.Kind.KEEP_OPEN
    title = "Keep a conflict open"
    effect = (
        "Nothing changes but that the conflict was seen and is left as it is. "
        "To close it, accept what holds or exclude what does not; to list it as open again, withdraw the decision."
    )

    conflict = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        conflicts = Conflict.objects.for_reader(self.reader).filter(subject=self.subject.pk)
        self.fields["conflict"].choices = [
            (each.stable_id, f"{about_in_words(each.about, each.leg)}: {conflict_in_words(each.kind)}")
            for each in conflicts
        ]

    def content(self) -> dict[str, Any]:
        return {"conflict": self.cleaned_data["conflict"]}


FORMS: dict[str, type[DecisionForm]] = {
    form.kind: form for form in (AcceptForm, ExcludeForm, EchoForm, TwoEventsForm, NotComparableForm, KeepOpenForm)
}


def _brief(report: Report) -> str:
    leg = f" ({report.leg.key})" if report.leg else ""
    return f"{content_in_words(report)[:90]}{leg}"


def _named(reports: Iterable[Report], references: Iterable[str]) -> list[Report]:
    wanted = set(references)
    return [each for each in reports if each.reference in wanted]


def _draft(fact: dict[str, Any]) -> FactDraft:
    as_of = datetime.fromisoformat(fact["as_of"]) if fact.get("as_of") else None
    return FactDraft(
        attribute=fact["attribute"],
        value=fact["value"],
        as_of=as_of,
        leg=fact.get("leg") or "",
        line=fact.get("line") or "",
    )
