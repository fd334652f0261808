"""Measurements beside peers, and the large files that they read."""
