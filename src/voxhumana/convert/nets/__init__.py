"""Network parts that published checkpoints share, under their own parameter names; torch, behind extras."""
