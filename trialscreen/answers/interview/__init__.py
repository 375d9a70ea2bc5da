"""The interview: asks for what still matters, a line at a time; see `session`."""
