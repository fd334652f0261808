"""What a claim must pass before it leaves: edits, each a small function over the claim as sent."""

from reclaim.rules.edits import coding, diagnoses, money, parties, sending
from reclaim.rules.edits.kit import EDITS, Edit, Finding, Known, Severity, run

__all__ = ["EDITS", "Edit", "Finding", "Known", "Severity", "check"]

_FILES = (parties, diagnoses, coding, money, sending)
"""Each brings its edits with it: what is imported here is what runs."""

check = run
