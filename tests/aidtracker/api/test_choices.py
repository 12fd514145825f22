"""Lists of words are named once, and nothing is said of a word that the word says itself."""

from typing import Any

from yaml import CSafeLoader, load

from aidtracker.api.choices import NAMED, name_choices
from aidtracker.api.docs import document

DOCUMENT: dict[str, Any] = load(document(), CSafeLoader)


def test_a_list_that_stands_in_two_places_is_named_once():
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["Marking"] == {"type": "string", "enum": ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]}
    for form in ("Shipment", "ShipmentIn", "Report", "ActorIn"):
        assert schemas[form]["properties"]["marking"]["$ref"] == "#/components/schemas/Marking"
    assert NAMED.keys() <= schemas.keys()


def test_only_a_word_that_needs_it_is_explained():
    said = [{"enum": ["a_b"], "description": "What.\n\n* `a_b` - A B"}, {"enum": ["x"], "description": "* `x` - X"}]
    needed = {"enum": ["p"], "description": "* `p` - to be sent"}
    parts = {"paths": {}, "webhooks": {}, "components": {"schemas": {"One": said[0], "Two": said[1], "Three": needed}}}
    name_choices(parts)
    assert parts["components"]["schemas"]["One"] == {"enum": ["a_b"], "description": "What."}
    assert parts["components"]["schemas"]["Two"] == {"enum": ["x"]}
    assert parts["components"]["schemas"]["Three"] == needed
