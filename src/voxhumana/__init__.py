"""Vox Humana: speak as a character, and speak with one, live, on your own machine."""

__version__ = "0.1.0"
