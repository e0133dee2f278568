"""One file per step. A step that has left the house is never changed again."""
