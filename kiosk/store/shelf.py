"""What the sync reads: the journal as an outbox, and how far the books are. Its own, read-only connection."""


