"""GET /key/: what the caller's own key, or its token, may do."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from actors.api.authentication import credential_of, is_token, partner_key_of
from actors.api.limits import budgets_of
from actors.api.parameters import ReadParameters
from actors.api.permissions import HasKey
from actors.api.reading import ReadView
from actors.api.serializers import MarkingField, NamedActorSerializer
from actors.models import PartnerKey, Source
from actors.services.limits import WINDOW, look


class OwnSourceSerializer(serializers.Serializer):
    """The voice that reports of this key have where they name no other."""

    code = serializers.CharField(help_text="What reports cite it by.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Source.Kind.choices)


class LimitSerializer(serializers.Serializer):
    """A quota of requests and what is left of it, as the `RateLimit` headers tell it."""

    name = serializers.ChoiceField(choices=["reads", "writes"])
    quota = serializers.IntegerField(help_text="Requests in a window.")
    window = serializers.IntegerField(help_text="Seconds.")
    left = serializers.IntegerField(help_text="This request is counted.")
    seconds = serializers.IntegerField(help_text="Until it is whole again, or less.")


class KeySerializer(serializers.Serializer):
    """A key, and what it may do."""

    name = serializers.CharField(help_text="What whoever issued it called it.")
    prefix = serializers.CharField(help_text="aid_live_<this>_…")
    credential = serializers.ChoiceField(choices=["key", "token"], help_text="What was shown: it, or a token of it.")
    organisation = NamedActorSerializer()
    source = OwnSourceSerializer(allow_null=True)  # type: ignore[assignment]
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=PartnerKey.Scope.choices))
    clearance = MarkingField(help_text="The highest marking that it reads; grants by name go beyond it.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="When what was shown ends: the key, its old secret or the token. Null: never."
    )
    limits = LimitSerializer(many=True)


class OwnKey(ReadView):
    """The caller's own key."""

    shape = KeySerializer
    permission_classes = [HasKey]

    @extend_schema(
        operation_id="readKey",
        summary="Your own key: whose it is, what it may do, until when, and what is left of its limits.",
        description="Needs no scope. Of a token it tells what the token may do, which may be less than its key.",
        parameters=[ReadParameters],
        responses=KeySerializer,
        tags=["access"],
    )
    def get(self, request: Request) -> Response:
        self.read_parameters()
        key = partner_key_of(request)
        _, said = credential_of(request)
        shown: dict[str, Any] = {
            **{name: getattr(key, name) for name in ("name", "prefix", "source", "scopes", "clearance")},
            "credential": "token" if is_token(said) else "key",
            "organisation": key.actor,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "limits": [
                {
                    "name": budget.name,
                    "quota": budget.quota,
                    "window": int(WINDOW.total_seconds()),
                    "left": allowance.left,
                    "seconds": allowance.seconds,
                }
                for budget in budgets_of(key).values()
                for allowance in [look(budget)]
            ],
        }
        return Response(KeySerializer(shown).data)
