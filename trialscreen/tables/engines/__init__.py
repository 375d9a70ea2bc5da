"""What computes a trial elsewhere: databases, by SQL, and Spark."""
