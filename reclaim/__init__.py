"""Reclaim: open denial management for healthcare claims."""
