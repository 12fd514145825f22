"""What we believe, as partners read it: one type of resolved value wherever something was worked out."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shipments.models.picture import State
from shipments.reconciliation.vocabulary import ConflictKind, Fate

STATES = State.choices
SOURCE = "Code of the source; `withheld` where you may not know it by name."
ORIGINS = "Codes of independent origins. A source that you may not know by name is `withheld`."
BECAUSE = "References of the reports that carry it."
UNRESOLVED = "How many origins that nobody named stand behind it besides."
WEIGHED = "in thousandths of a nat: 693 double the odds"
ABOUT = "What is claimed: milestone:lost, fact:quantity, flag:damaged."
SLOT = "The key of the leg or line, or a day; empty of the whole."


@extend_schema_field(
    {
        "type": ["object", "string"],
        "description": "An object in the form of its type; the name of a milestone, where it is a status.",
    }
)
class ValueField(serializers.JSONField):
    """A typed value in its JSON form, or null where none is chosen."""


class PeriodSerializer(serializers.Serializer):
    """A time as it was said: from its first to its last moment."""

    def get_fields(self) -> dict[str, serializers.Field]:
        precision = serializers.CharField(help_text="instant, minute, hour, day, month, year, range or unknown.")
        return {"from": serializers.DateTimeField(), "to": serializers.DateTimeField(), "precision": precision}

    def to_representation(self, instance: dict[str, str]) -> dict[str, str]:
        return instance


class AlternativeSerializer(serializers.Serializer):
    """What else was said. ``margin`` tells how far it is behind (below 0) or ahead."""

    label = serializers.CharField()  # type: ignore[assignment]
    value = ValueField(allow_null=True)
    at = PeriodSerializer(allow_null=True)
    margin = serializers.IntegerField(help_text=f"By how much it is behind (below 0) or ahead, {WEIGHED}.")
    origins = serializers.ListField(child=serializers.CharField(), help_text=ORIGINS)
    unresolved = serializers.IntegerField(help_text=UNRESOLVED)
    because = serializers.ListField(child=serializers.CharField(), help_text=BECAUSE)


class ResolvedSerializer(serializers.Serializer):
    """A value as we believe it, how sure we are, who stands behind it, and what else was said."""

    value = ValueField(
        allow_null=True,
        help_text="Null where nothing is chosen: see leading and alternatives. Of a milestone it is when, if known.",
    )
    label = serializers.CharField(help_text="The value as a person reads it.")  # type: ignore[assignment]
    low = serializers.CharField(allow_null=True, help_text="Lower end as a decimal, where it is an amount.")
    high = serializers.CharField(allow_null=True, help_text="Upper end as a decimal, where it is an amount.")
    state = serializers.ChoiceField(choices=STATES)
    confidence = serializers.FloatField(
        allow_null=True,
        min_value=0,
        max_value=1,
        help_text="How likely it is, from 0 to 1. Null: nothing is believed, and nothing leads.",
    )
    origins = serializers.ListField(child=serializers.CharField(), help_text=ORIGINS)
    unresolved = serializers.IntegerField(help_text=UNRESOLVED)
    leading = serializers.CharField(allow_null=True, help_text="The heaviest value where it is not accepted.")
    because = serializers.ListField(child=serializers.CharField(), help_text=BECAUSE)
    alternatives = AlternativeSerializer(many=True)


class FindingSerializer(ResolvedSerializer):
    """A resolved fact, milestone, flag or place of a subject, of one of its legs or lines, or of a day."""

    kind = serializers.ChoiceField(choices=["subject", "milestone", "flag", "fact", "place"])
    attribute = serializers.CharField(help_text="Of a fact its attribute, else the code of the milestone or flag.")
    leg = serializers.CharField(allow_null=True, help_text="The key of the leg; null of the whole.")
    line = serializers.CharField(allow_null=True, help_text="The key of the line; null of the whole.")
    as_of = serializers.CharField(allow_null=True, help_text="The moment a figure holds for.")
    scope = serializers.CharField(help_text="What it is comparable within, such as a unit and a measure.")
    time_class = serializers.CharField(help_text="actual: what happened; else what was planned, expected …")


class StepSerializer(serializers.Serializer):
    """A step of the best story."""

    milestone = serializers.CharField()
    leg = serializers.CharField(allow_null=True)
    at = PeriodSerializer(allow_null=True)
    place = serializers.CharField(allow_null=True, help_text="Code of the place.")
    state = serializers.ChoiceField(choices=STATES)
    confidence = serializers.FloatField(allow_null=True)
    margin = serializers.IntegerField(help_text=f"How much worse the best story without it is, {WEIGHED}.")
    origins = serializers.ListField(child=serializers.CharField(), help_text=ORIGINS)
    unresolved = serializers.IntegerField()
    because = serializers.ListField(child=serializers.CharField(), help_text=BECAUSE)


class LegStorySerializer(serializers.Serializer):
    """The best story of one leg."""

    key = serializers.CharField()
    status = serializers.CharField(allow_null=True)
    leading = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    standing = serializers.CharField(allow_null=True)
    timeline = StepSerializer(many=True)


class PlannedSerializer(serializers.Serializer):
    """Something that was said to come. Not seen is a gap, not a conflict."""

    milestone = serializers.CharField()
    leg = serializers.CharField(allow_null=True)
    time_class = serializers.CharField()
    at = PeriodSerializer(allow_null=True)
    is_seen = serializers.BooleanField()
    denied_by = serializers.ListField(child=serializers.CharField(), help_text=ORIGINS)
    origins = serializers.ListField(child=serializers.CharField(), help_text=ORIGINS)
    unresolved = serializers.IntegerField()
    because = serializers.ListField(child=serializers.CharField(), help_text=BECAUSE)


class LeadingSerializer(serializers.Serializer):
    """The furthest step of the best story, which may be further than what is accepted as status."""

    milestone = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(allow_null=True)
    standing = serializers.CharField(allow_null=True, help_text="accepted, contested or unconfirmed.")


class StorySerializer(serializers.Serializer):
    """The best story: what happened, leg by leg, and what was said to come."""

    steps = StepSerializer(many=True)
    legs = LegStorySerializer(many=True)
    planned = PlannedSerializer(many=True)


class PictureSerializer(serializers.Serializer):
    """What we believe of the subject, as of known_at."""

    version = serializers.IntegerField(allow_null=True, help_text="Null where it was folded for this reader alone.")
    known_from = serializers.DateTimeField(allow_null=True, help_text="Since when we believe this.")
    status = ResolvedSerializer()
    leading = LeadingSerializer()
    contested = serializers.BooleanField(help_text="Something about the subject is contested.")
    conflicts = serializers.IntegerField(help_text="How many claims did not make the picture; see /conflicts/.")
    story = StorySerializer()
    findings = FindingSerializer(many=True)


class ConflictSerializer(serializers.Serializer):
    """A claim that did not make the picture, and why."""

    id = serializers.CharField(help_text="The same for ever; claims of the same reports share it.")
    subject = serializers.CharField(help_text="Reference of the subject.")
    subject_kind = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in ConflictKind])
    about = serializers.CharField(help_text=ABOUT)
    leg = serializers.CharField(allow_null=True)
    reports = serializers.ListField(child=serializers.CharField(), help_text="References of the reports that claim it.")
    against = serializers.ListField(
        child=serializers.CharField(), help_text="References of those that stand against it."
    )
    reason = serializers.CharField()
    behind = serializers.IntegerField(help_text=f"By how much it is behind, {WEIGHED}.")
    kept_open = serializers.BooleanField(help_text="An analyst acknowledged it.")
    known_from = serializers.DateTimeField(allow_null=True)


class ClaimSerializer(serializers.Serializer):
    """One claim of one report and what became of it."""

    report = serializers.CharField(help_text="Reference of the report.")
    source = serializers.CharField(help_text=SOURCE)  # type: ignore[assignment]
    about = serializers.CharField(help_text=ABOUT)
    slot = serializers.CharField(help_text=SLOT)
    fate = serializers.ChoiceField(choices=[fate.value for fate in Fate])
    weight = serializers.IntegerField(help_text=f"What it counts, {WEIGHED}.")
    behind = serializers.IntegerField(source="short_by", help_text=f"By how much it was outweighed, {WEIGHED}.")
    reason = serializers.CharField(allow_blank=True)
    origins = serializers.ListField(child=serializers.CharField(), help_text=ORIGINS)
    unresolved = serializers.BooleanField()
