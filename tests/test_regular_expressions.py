"""What patterns may hold so that every Python from 3.11.0 on reads them alike."""

import re
from pathlib import Path

import trialscreen

_POSSESSIVE_GROUP = re.compile(r"\)(?:[?*+]|\{+[0-9]+(?:,[0-9]*)?\}+)\+")


def test_no_group_is_possessive() -> None:
    """Until 3.11.4 `(?:a|b)?+` may fail where it should match (CPython issue 106052)."""
    package = Path(trialscreen.__file__).parent
    comment = re.compile(r"^\s*#.*", re.MULTILINE)
    texts = {path: comment.sub("", path.read_text()) for path in package.rglob("*.py")}
    assert len(texts) > 100
    assert [path.name for path, text in texts.items() if _POSSESSIVE_GROUP.search(text)] == []
    assert _POSSESSIVE_GROUP.search("(?:ab?){{0,3}}+")
