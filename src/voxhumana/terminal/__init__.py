"""The terminal face: a live view, and keys."""
