"""Bytes of X12 to typed tables and findings."""
