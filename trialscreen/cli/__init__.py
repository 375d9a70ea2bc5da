"""The command line: parse, call one function, map what happened to an exit code."""

from trialscreen.cli.app import main

__all__ = ["main"]
