"""The steps that the tables have gone through, oldest first, in `versions`."""
