"""The record: what was said. Files, remittances, adjudications; nothing here is ever an opinion."""
