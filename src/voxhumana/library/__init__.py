"""The shelf: voices and models people keep."""
