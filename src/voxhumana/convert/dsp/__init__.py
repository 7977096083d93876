"""Crafted voices: signal processing, no model. `converter` is the path, every other file one noun on it."""
