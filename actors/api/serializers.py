"""Actors and sources as partners read them."""

from typing import Any

from rest_framework import serializers

from actors.marking import Marking
from actors.models import Actor, Source, SourceRating

MARKINGS = [each.code for each in Marking]
MERGED_FROM = "What was merged into it; each is answered with this one."


class TextOrNull(serializers.CharField):
    """Text, or null where nothing was said: it is answered as it is sent, never as an empty string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) or None


def external_id_field() -> TextOrNull:
    """What a reader entered it as."""
    return TextOrNull(help_text="What you entered it as, if you did; filters of the same name find it by that.")


class MarkingField(serializers.ChoiceField):
    """A TLP 2.0 marking by its name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=MARKINGS, **options)

    def to_representation(self, value: Any) -> str:
        return Marking(value).code


class NamedActorSerializer(serializers.Serializer):
    """An actor as others name it in passing."""

    reference = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Actor.Kind.choices)
    country = TextOrNull(help_text="ISO 3166-1 alpha-2; null where it has none.")


class ActorNameSerializer(serializers.Serializer):
    """Another name, in its own letters."""

    name = serializers.CharField()
    language = TextOrNull(help_text="BCP 47.")
    script = TextOrNull(help_text="ISO 15924.")


class IdentifierSerializer(serializers.Serializer):
    """A code that somebody else uses."""

    scheme = serializers.CharField()
    value = serializers.CharField()


class ActorSerializer(NamedActorSerializer):
    """Who takes part: a state, ministry, agency, company, carrier, outlet, person or group."""

    names = ActorNameSerializer(many=True)
    identifiers = IdentifierSerializer(many=True)
    parent = serializers.CharField(allow_null=True, help_text="Reference of what it is a part of.")  # type: ignore[assignment]
    external_id = external_id_field()
    provisional = serializers.BooleanField(help_text="Named by a report, not yet confirmed by an analyst.")
    merged_from = serializers.ListField(child=serializers.CharField(), help_text=MERGED_FROM)
    marking = MarkingField()


class SourceSerializer(serializers.Serializer):
    """Who speaks, and how far they are trusted."""

    code = serializers.CharField(help_text="What reports cite it by; it never changes.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    actor = serializers.CharField(allow_null=True, help_text="Reference of whose voice it is.")
    grade = serializers.ChoiceField(
        choices=SourceRating.Grade.choices,
        help_text="Admiralty grade in force; F where nobody has graded it.",
    )
    marking = MarkingField()
