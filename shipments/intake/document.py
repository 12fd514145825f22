"""What partners say of a document that reports are read in. The document itself stays where it is."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from shipments.intake.draft import Invalid, Problem
from shipments.intake.fields import Language, Moment, Name60, Name200, Name300, Sha256, WebAddress
from shipments.intake.forms import read_form
from shipments.intake.ledger import MarkingWord
from shipments.intake.values import Strict

# A publisher's clock may be wrong by as much.
CLOCK_SKEW = timedelta(hours=24)


class DocumentIn(Strict):
    """An article, release, message, image or row of a file."""

    source: Name60 | None = Field(None, description="Whose it is. Left out: the key's own source.")
    key: Name200 = Field(description="The publisher's own name for it. The same again is the same document.")
    kind: Literal["article", "release", "message", "file_row", "image"]
    title: Name300
    url: WebAddress | None = None
    language: Language | None = Field(None, description="BCP 47.")
    published_at: Moment
    sha256: Sha256 | None = Field(None, description="Of the document's bytes, in hexadecimal.")
    marking: MarkingWord = "CLEAR"


def parse_document(data: object, *, now: datetime) -> DocumentIn:
    """The document that ``data`` states. Raises Invalid with every problem found."""
    said = read_form(DocumentIn, data, now=now)
    if said.published_at > now + CLOCK_SKEW:
        raise Invalid([Problem(code="future_time", pointer="/published_at", detail="Not published yet.")])
    return said
