"""The values that everything else is made of: trials, rules, facts, dates."""
