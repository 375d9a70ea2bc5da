"""A trial as SQL, for the warehouse where the data are."""
