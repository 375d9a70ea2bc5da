"""Build hook: puts the parsed form of criteria.yaml into the wheel (see `criteria_file.load`)."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ParsedTrialHook(BuildHookInterface):
    """Parses the criteria file once, when the wheel is built; a file with errors stops it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from trialscreen.criteria_file.load import FILE_NAME, PARSED_NAME, pack

        self.folder = tempfile.TemporaryDirectory()
        parsed = Path(self.folder.name) / PARSED_NAME
        parsed.write_bytes(pack((Path(self.root) / FILE_NAME).read_bytes()))
        build_data["force_include"][str(parsed)] = f"trialscreen/criteria_file/{PARSED_NAME}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self.folder.cleanup()
