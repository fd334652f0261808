"""Tests of settings, soundness, backups."""
