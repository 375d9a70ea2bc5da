"""Whole-cohort runs: a table of patients in, one row of findings per patient out.

`readers` open the files, `column_map` says which column is which element, `batches` turns the
cells of a batch into typed columns, by `text_columns` and `typed_columns`; `screener` screens
those, and `run` leads one pass, in order, from the files to the output.
"""
