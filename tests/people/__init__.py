"""Tests of people: access, events, actions."""
