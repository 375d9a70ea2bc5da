"""The versions that the checks run with, so that a new release cannot break them unseen.

`python -m tests.tools.constraints` writes them as installed here; with `--check` it fails where
something is installed that is not written there in this version.
"""

import sys
from importlib.metadata import distributions
from pathlib import Path

PATH = Path(__file__).parents[2] / ".ci" / "constraints.txt"
OURS = {"trialscreen", "pip", "setuptools"}


def installed() -> list[str]:
    """One `name==version` for each installed distribution but our own and pip."""
    found = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in distributions()}
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in OURS]


def main() -> int:
    if "--check" not in sys.argv:
        PATH.write_text("\n".join(installed()) + "\n", encoding="utf-8")
        return 0
    unwritten = set(installed()) - set(PATH.read_text(encoding="utf-8").split())
    for line in sorted(unwritten):
        print(f"installed, and not in .ci/constraints.txt: {line}")
    return 1 if unwritten else 0


if __name__ == "__main__":
    sys.exit(main())
