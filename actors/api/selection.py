"""?fields=: which fields of an answer the caller wants, named as they are nested."""

from collections.abc import Mapping
from typing import Any

import msgspec
from rest_framework import serializers

from actors.wording import did_you_mean, one_of, shown

Tree = dict[str, "Tree | None"]


class Selection:
    """Some fields of a shape, or all of them. A name alone stands for everything within it."""

    def __init__(self, tree: Tree | None) -> None:
        self.tree = tree

    @classmethod
    def of(cls, said: str, shape: type[serializers.Serializer]) -> tuple["Selection", str]:
        """The selection that ``said`` names, and a sentence about every name that ``shape`` has not."""
        tree: Tree = {}
        unknown = []
        for path in said.split(","):
            if sentence := _unknown(path, shape):
                unknown.append(sentence)
            else:
                _add(tree, path.split("."))
        return cls(tree), " ".join(dict.fromkeys(unknown))

    def shows(self, path: str) -> bool:
        """Whether the field of that name, or anything within it, is wanted."""
        tree = self.tree
        for name in path.split("."):
            if tree is None:
                return True
            if name not in tree:
                return False
            tree = tree[name]
        return True

    def within(self, name: str) -> "Selection":
        """What is wanted of the field ``name``."""
        if self.tree is None or self.tree.get(name, {}) is None:
            return EVERYTHING
        return Selection(self.tree.get(name, {}))

    def apply(self, shown: Any) -> Any:
        """``shown`` with nothing else in it; of a page, its rows."""
        if self.tree is None:
            return shown
        if isinstance(shown.get("results"), list):
            return {**shown, "results": _pruned(shown["results"], self.tree)}
        return _pruned(shown, self.tree)


EVERYTHING = Selection(None)


def _unknown(path: str, shape: type[serializers.Serializer]) -> str:
    field: Any = shape()
    before = ""
    for name in path.split("."):
        field = getattr(field, "child", field)
        known = field.fields if isinstance(field, serializers.Serializer) else {}
        if name not in known:
            near = did_you_mean(name, known).replace("mean ", f"mean {before}")
            return f"No such field: {shown(path)}.{near or one_of([before + each for each in known])}"
        field, before = known[name], f"{before}{name}."
    return ""


def _add(tree: Tree, names: list[str]) -> None:
    name, *within = names
    if not within or tree.get(name, {}) is None:
        tree[name] = None
        return
    below = tree.setdefault(name, {})
    assert below is not None
    _add(below, within)


def _pruned(shown: Any, tree: Tree) -> Any:
    if isinstance(shown, msgspec.Raw):
        shown = msgspec.json.decode(shown)
    if isinstance(shown, list):
        return [_pruned(each, tree) for each in shown]
    if not isinstance(shown, Mapping):
        return shown
    return {
        name: value if tree[name] is None else _pruned(value, tree[name])  # type: ignore[arg-type]
        for name, value in shown.items()
        if name in tree
    }
