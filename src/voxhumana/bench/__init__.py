"""Measurements that anyone can repeat; each writes JSON."""
