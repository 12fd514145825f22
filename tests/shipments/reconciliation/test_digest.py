"""Hashes that are stored must stay what they were: the canonical form, held to the standard library's JSON."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from json import dumps
from random import Random

import pytest
from msgspec import Struct
from msgspec.structs import replace

from shipments.reconciliation.digest import conflict_id, output_hash
from shipments.reconciliation.fold import reconcile
from shipments.reconciliation.model import ReportKey
from shipments.reconciliation.values import plain
from shipments.reconciliation.vocabulary import ConflictKind
from tests.shipments.reconciliation.generator import story
from tests.shipments.reconciliation.telling import EVER

NOT_BELIEVED = {"known_at", "confidence", "leading_confidence", "claims", "policy_version", "output_hash"}
ODD = '\x00\t\n\x1f"\\/ \x7f\x80é北朝鮮\u2028😀'


def _sha256(value: object) -> str:
    return sha256(dumps(value, default=_parts, separators=(",", ":")).encode()).hexdigest()


def _parts(value: object) -> object:
    if isinstance(value, Decimal):
        return ["decimal", plain(value)]
    assert isinstance(value, Struct)
    names = (name for name in value.__struct_fields__ if name not in NOT_BELIEVED)
    return [type(value).__name__, *(getattr(value, name) for name in names)]


def test_a_picture_is_hashed_over_all_that_it_believes() -> None:
    pictures = [reconcile(story(Random(seed)), known_at=EVER) for seed in range(300)]
    assert [output_hash(picture) for picture in pictures] == [_sha256(picture) for picture in pictures]
    amounts = {str(finding.value.low) for one in pictures for finding in one.findings if hasattr(finding.value, "low")}
    assert len(amounts) > 1, "no amount was hashed"


@pytest.mark.parametrize("letter", [*ODD, ODD])
def test_text_of_any_kind_is_hashed_as_ascii(letter: str) -> None:
    picture = replace(reconcile(story(Random(1)), known_at=EVER), subject=letter)
    assert output_hash(picture) == _sha256(picture)
    keys = [ReportKey(letter, "b", "c", 1), ReportKey("a", letter, "c")]
    slot = ("fact:items", "", letter, (True, 5))
    assert conflict_id("SHP-1", ConflictKind.VALUE, slot, keys) == _sha256(
        ["SHP-1", "value", slot, [list(key) for key in sorted(keys)]]
    )
