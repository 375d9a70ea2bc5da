"""Compiles a trial to SQL, to be run where the data are."""
