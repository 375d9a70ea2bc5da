"""Engines that run a compiled trial outside this process: databases, by SQL, and Spark."""
