"""Pages for people: they show what is, change nothing, and never show a release code."""
