"""Whole-cohort runs: a table of patients in, one row of findings per patient out.

`inputs` opens the files, `matching` says which column is which element, `batches` turns
the rows of a batch into typed columns for `columns`, and `run` leads one pass from the
files to the output. Only this package and `columns` import Polars.
"""
