"""One file a command: parse, then call. Heavy imports stay inside the functions."""
