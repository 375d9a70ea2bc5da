"""What computes a compiled trial: Polars, SQL, Spark."""
