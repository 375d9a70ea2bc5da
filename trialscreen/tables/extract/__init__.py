"""Extracts the facts of all patients in a database at once.

Nearly all that a record says is decided by its newest row of each kind, and few different
things are said. So the engine finds those rows, `select` is asked once for each thing that one
says, and the answer goes to every patient of whom it is said. Where more than one row counts,
`select` reads the patient's rows as ever: it alone knows what is a fact.
"""
