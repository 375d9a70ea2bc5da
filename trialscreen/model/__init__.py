"""The data model shared by every other package: trials, rules, facts, dates."""
