"""The look and the navigation of the admin (django-unfold); settings.py imports it."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _operator(request: HttpRequest) -> bool:
    return bool(request.user.is_superuser)


def _entry(title: str, icon: str, model: str, *, query: str = "", **more: Any) -> dict[str, Any]:
    """An entry that leads to the list of ``model``; with ``query``, to a part of it."""
    name = f"admin:{model}_changelist"

    def active(request: HttpRequest) -> bool:
        match = request.resolver_match
        here = bool(match and match.view_name.rpartition("_")[0] == f"admin:{model}")
        return here and (query in request.META.get("QUERY_STRING", "") if query else not _is_held(request))

    link = (lambda request: f"{reverse_lazy(name)}?{query}") if query else reverse_lazy(name)
    return {"title": title, "icon": icon, "link": link, "active": active, **more}


def _is_held(request: HttpRequest) -> bool:
    return request.GET.get("held") == "yes"


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "aidtracker",
    "SITE_HEADER": "aidtracker",
    "SITE_SUBHEADER": "who said what, what we believe",
    "SITE_SYMBOL": "package_2",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("aidtracker/icon.svg")},
    ],
    "STYLES": [lambda request: static("aidtracker/pages.css")],
    "SCRIPTS": [lambda request: static("aidtracker/names.js")],
    "BORDER_RADIUS": "5px",
    # A calm blue in place of the theme's purple; red, orange and green are left to states.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .188 259.8)",
            "600": "oklch(52.6% .19 261)",
            "700": "oklch(47% .18 262.5)",
            "800": "oklch(40% .15 264)",
            "900": "oklch(36% .12 265)",
            "950": "oklch(27% .09 267)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "What is happening",
                "items": [
                    _entry("Shipments", "local_shipping", "shipments_shipment"),
                    _entry("Offers", "volunteer_activism", "shipments_offer"),
                    _entry("Appeals", "campaign", "shipments_appeal"),
                    _entry("Contacts", "handshake", "shipments_contact"),
                    _entry("Inquiries", "contact_support", "shipments_inquiry"),
                    _entry("Crises", "crisis_alert", "shipments_crisis"),
                ],
            },
            {
                "title": "What was said",
                "items": [
                    _entry("Reports", "record_voice_over", "shipments_report"),
                    _entry("Documents", "article", "shipments_document"),
                    _entry(
                        "Held reports",
                        "pending_actions",
                        "shipments_report",
                        query="held=yes",
                        badge="aidtracker.site.first_page.held_reports",
                    ),
                    _entry("Attachments", "attach_file", "shipments_attachment"),
                    _entry("Decisions", "gavel", "shipments_decision"),
                ],
            },
            {
                "title": "What we believe",
                "items": [
                    _entry("Findings", "fact_check", "shipments_finding"),
                    _entry("Conflicts", "call_split", "shipments_conflict"),
                    _entry("Pictures", "timeline", "shipments_picture"),
                ],
            },
            {
                "title": "Who",
                "items": [
                    _entry("Actors", "groups", "actors_actor"),
                    _entry("Sources", "podium", "actors_source"),
                    _entry("Ratings", "grade", "actors_sourcerating"),
                    _entry("Interests", "balance", "actors_sourceinterest"),
                    _entry("Reading grants", "key_visualizer", "shipments_readinggrant"),
                ],
            },
            {
                "title": "Tables",
                "items": [
                    _entry("Attributes", "data_object", "shipments_attribute"),
                    _entry("Containments", "account_tree", "shipments_containment"),
                    _entry("Code mappings", "translate", "shipments_codemapping"),
                    _entry("Policy", "tune", "shipments_policyversion"),
                    _entry("Places", "location_on", "shipments_place"),
                ],
            },
            {
                "title": "Running",
                "items": [
                    _entry("Due", "schedule", "shipments_due"),
                    _entry("Outbox", "outbox", "shipments_outboxevent"),
                    _entry("Webhooks", "webhook", "shipments_subscription"),
                    _entry("Deliveries", "outgoing_mail", "shipments_delivery"),
                    _entry("Partner keys", "vpn_key", "actors_partnerkey"),
                    _entry("Audit", "history", "actors_auditentry"),
                    _entry("People", "badge", "actors_user", permission=_operator),
                    _entry("Stored answers", "replay", "shipments_idempotentrequest", permission=_operator),
                ],
            },
        ],
    },
}
