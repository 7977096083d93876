"""Models people have or fetch: which are known, where they come from, that they are what they should be."""
