"""A small tree over html5lib, the parser that reads a page as a browser does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import html5lib

_NO_TEXT = {"style", "script", "title", "desc"}


class Node:
    """An element: its name without namespace, attributes, and text with white space folded."""

    def __init__(self, element: Any) -> None:
        self.element = element
        self.tag = str(element.tag).rpartition("}")[2]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.element is other.element

    def __hash__(self) -> int:
        return id(self.element)

    @property
    def attributes(self) -> Mapping[str, str]:
        return dict(self.element.attrib)

    def get(self, name: str) -> Any:
        return self.element.attrib.get(name)

    def all(self, *tags: str) -> list[Node]:
        nodes = [Node(e) for e in self.element.iter() if isinstance(e.tag, str) and e is not self.element]
        return [node for node in nodes if not tags or node.tag in tags]

    def first(self, tag: str) -> Node:
        return self if self.tag == tag else self.all(tag)[0]

    @property
    def own_text(self) -> list[str]:
        return [t for t in (self.element.text, *(child.tail for child in self.element)) if t]

    @property
    def raw_text(self) -> str:
        return "".join(self.element.itertext())

    @property
    def text(self) -> str:
        return " ".join("".join(self._parts(self.element, self.tag in _NO_TEXT)).split())

    def _parts(self, element: Any, wanted: bool) -> Any:
        if Node(element).tag in _NO_TEXT and not wanted:
            return
        yield element.text or ""
        for child in element:
            yield from self._parts(child, wanted)
            yield child.tail or ""


def parse(html: str) -> Node:
    """The page as a tree; a fault that html5lib calls a parse error raises."""
    document = html5lib.treebuilders.getTreeBuilder("etree")
    parser = html5lib.HTMLParser(document, strict=True)
    root = parser.parse(html)
    holder = type(root)("page")
    holder.append(root)
    return Node(holder)
