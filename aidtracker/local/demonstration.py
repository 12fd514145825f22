"""Who may look around on a laptop: an analyst for the admin and a partner's key for the API.

Both have this machine's own secrets, kept in .local/secrets. Making them again changes nothing.
"""

from .state import DEMO_LOGIN, demo_password, keep_secret, kept_secret

PARTNER = "Demonstration partner"
SOURCE = "demonstration-partner"
KEY = "demonstration-key"


def make_login() -> None:
    """An analyst who may see and do everything."""
    from actors.marking import Marking
    from actors.models import User

    analyst, made = User.objects.get_or_create(
        username=DEMO_LOGIN,
        defaults={"is_staff": True, "is_superuser": True, "clearance": max(Marking.values)},
    )
    password = demo_password()
    if made or not analyst.check_password(password):
        analyst.set_password(password)
        analyst.save(update_fields=["password"])


def make_key() -> None:
    """A partner whose system may read what is CLEAR or GREEN, and report in its own voice."""
    from actors.marking import Marking
    from actors.models import Actor, PartnerKey, Source
    from actors.services.keys import find_key, issue_key

    token = kept_secret(KEY)
    if token is not None and find_key(token) is not None:
        return
    actor, _ = Actor.objects.get_or_create(name=PARTNER, defaults={"kind": Actor.Kind.NGO})
    source, _ = Source.objects.get_or_create(
        code=SOURCE, defaults={"name": PARTNER, "kind": Source.Kind.PARTNER_SYSTEM, "actor": actor}
    )
    scopes = [PartnerKey.Scope.READ, PartnerKey.Scope.REPORTS_WRITE]
    _, token = issue_key(name=PARTNER, actor=actor, source=source, scopes=scopes, clearance=Marking.GREEN)
    keep_secret(KEY, token)
