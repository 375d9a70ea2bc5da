"""Exports a trial's questions as a REDCap data dictionary, with branching logic from its rules."""
