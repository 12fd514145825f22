"""The addresses of the API, version 1. Names in an address are checked before anything is looked up."""

from django.urls import path, re_path, register_converter
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from actors.api import key, oauth
from actors.api import views as actors
from actors.api.limits import charge_address
from actors.api.permissions import Known
from actors.api.refusals import Refusal, not_found
from actors.wording import shown
from aidtracker.api import docs
from aidtracker.api.parsing import NDJSONParser, StrictJSONParser
from shipments.api import batch, changes, conflicts, deliveries, flows, registers, reports, subscriptions
from shipments.api.ledger import entering, part_views, revising
from shipments.api.subjects import PLURALS, views_of
from shipments.intake.ledger import PARTS


class ReferenceConverter:
    """A readable reference: SHP-7K2M9QXD. Anything else leads nowhere."""

    regex = "[A-Z]{3}-[0-9A-HJKMNP-TV-Z]{6,20}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class CodeConverter(ReferenceConverter):
    """The code of a source or place."""

    regex = "[-a-zA-Z0-9_]{1,60}"


class DigestConverter(ReferenceConverter):
    """A SHA-256 in hexadecimal."""

    regex = "[0-9a-f]{64}"


class MessageConverter(ReferenceConverter):
    """A webhook-id."""

    regex = "msg_[0-9A-HJKMNP-TV-Z]{20}"


register_converter(ReferenceConverter, "reference")
register_converter(CodeConverter, "code")
register_converter(DigestConverter, "digest")
register_converter(MessageConverter, "message")


# What asks nobody who they are.
open_paths = [
    path("schema/", docs.Document.as_view(), name="schema"),
    path("docs/", docs.Page.as_view(), name="docs"),
    path("oauth/token/", oauth.Token.as_view(), name="token"),
]


class Nowhere(APIView):
    """Every other address: 401 for strangers, 404 for those we know, and for whom only a slash is missing."""

    permission_classes = [Known]

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """No key would help where none is asked for."""
        if any(f"{request.path}/".endswith(f"/api/v1/{each.pattern}") for each in open_paths):
            charge_address(request)
            raise _slash_missing(request)
        super().initial(request, *args, **kwargs)

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        raise not_found() if request.path.endswith("/") else _slash_missing(request)

    put = post = patch = delete = get


def _slash_missing(request: Request) -> Refusal:
    return Refusal("not_found", f"Addresses end in a slash: {shown(request.path)}/", status=404)


subject_paths = []
for kind, plural in PLURALS.items():
    views = views_of(kind)
    subject_paths += [
        path(f"{plural}/", entering(views["list"], kind).as_view()),
        path(f"{plural}/diff/", views["diffs"].as_view()),
        path(f"{plural}/<reference:reference>/", revising(views["detail"], kind).as_view()),
        *(
            path(f"{plural}/<reference:reference>/{end}/", views[end].as_view())
            for end in ("timeline", "reports", "conflicts", "explain", "diff")
        ),
    ]

for (kind, part), (adding, changing) in {each: part_views(*each) for each in PARTS}.items():
    whole = f"{PLURALS[kind]}/<reference:reference>/{part}/"
    subject_paths += [path(whole, adding.as_view()), path(f"{whole}<slug:part_key>/", changing.as_view())]

own = "subscriptions/<reference:reference>/"
webhook_paths = [
    path("subscriptions/", subscriptions.SubscriptionList.as_view()),
    path(own, subscriptions.SubscriptionDetail.as_view()),
    path(f"{own}disable/", subscriptions.SubscriptionDisabling.as_view()),
    path(f"{own}enable/", subscriptions.SubscriptionEnabling.as_view()),
    path(f"{own}secret/rotate/", subscriptions.SecretRotation.as_view()),
    path(f"{own}test/", subscriptions.SubscriptionTest.as_view()),
    path(f"{own}deliveries/", deliveries.DeliveryList.as_view()),
    path(f"{own}deliveries/<message:webhook_id>/replay/", deliveries.DeliveryReplay.as_view()),
]

urlpatterns = [
    # What is asked for most is looked for first.
    path("reports/", reports.ReportList.as_view()),
    *open_paths,
    path("key/", key.OwnKey.as_view()),
    *subject_paths,
    path("actors/", entering(actors.ActorList, "actor").as_view()),
    path("actors/<reference:reference>/", revising(actors.ActorDetail, "actor").as_view()),
    path("sources/", actors.SourceList.as_view()),
    path("sources/<code:code>/", actors.SourceDetail.as_view()),
    path("places/", entering(registers.PlaceList, "place").as_view()),
    path("places/<code:code>/", revising(registers.PlaceDetail, "place").as_view()),
    path("documents/", registers.DocumentList.as_view()),
    path("documents/<reference:reference>/", registers.DocumentDetail.as_view()),
    path("reports/batch/", batch.ReportBatch.as_view(parser_classes=[StrictJSONParser, NDJSONParser])),
    path("reports/<reference:reference>/", reports.ReportDetail.as_view()),
    path("changes/", changes.Changes.as_view()),
    path("conflicts/", conflicts.ConflictList.as_view()),
    path("conflicts/<digest:stable_id>/", conflicts.ConflictDetail.as_view()),
    path("flows/", flows.FlowList.as_view()),
    *webhook_paths,
    # With line breaks too, which a dot does not stand for.
    re_path(r"^", Nowhere.as_view()),
]
