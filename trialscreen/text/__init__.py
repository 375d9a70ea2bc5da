"""Text from outside: its characters, its spelling, files of it."""
