"""The long run of every harness."""
