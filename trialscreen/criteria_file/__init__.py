"""Criteria files: strict YAML to a Trial, with file, line and column in every error."""

from trialscreen.criteria_file.trial import parse_trial
from trialscreen.criteria_file.yaml_nodes import parse_yaml

__all__ = ["parse_trial", "parse_yaml"]
