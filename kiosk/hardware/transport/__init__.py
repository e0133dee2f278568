"""Wires: they move bytes and know nothing of what the bytes mean."""
