"""Facts go up to the server, books come down, releases are reserved: one thread, one write-read loop."""
