"""Live conversions, in worker processes: one interpreter can keep but one core busy."""
