"""Criteria files: strict YAML to a Trial, with file, line and column in every error."""

from trialscreen.parse.places import place_of
from trialscreen.parse.trialfile import parse_trial
from trialscreen.parse.yamltree import parse_yaml

__all__ = ["parse_trial", "parse_yaml", "place_of"]
