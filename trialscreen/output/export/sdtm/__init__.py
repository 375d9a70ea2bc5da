"""The criteria and who failed them as CDISC SDTM data sets."""
