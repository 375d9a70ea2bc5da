"""A patient's answers: written values to facts, from flags, files and interviews."""
