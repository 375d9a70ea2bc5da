"""Where something stands in a criteria file, for findings that are made on the parsed trial."""

from trialscreen.parse.yamltree import Mapping, Node, Scalar, Sequence


def place_of(root: Node, where: str) -> tuple[int, int]:
    """Line and column of `section.name`: a key under the section, or the item with that id.

    What is not found stands at the section, or at the start of the document.
    """
    section, _, name = where.partition(".")
    node = root
    for key in (section, name):
        node = _child(node, key) or node
    return node.line, node.column


def _child(node: Node, key: str) -> Node | None:
    if isinstance(node, Mapping):
        return node.items.get(key)
    items = node.items if isinstance(node, Sequence) else []
    return next((item for item in items if _has_id(item, key)), None)


def _has_id(node: Node, name: str) -> bool:
    found = node.items.get("id") if isinstance(node, Mapping) else None
    return isinstance(found, Scalar) and found.text == name
