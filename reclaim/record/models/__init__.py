"""The record: what was said, by whom, and where in the bytes that came in."""

from reclaim.record.connections import models as _connections  # noqa: F401  Django looks for models here
from reclaim.record.models.answers import Adjudication, DeniedLine, Payer, Remittance
from reclaim.record.models.claims import Acknowledgement, Claim, ClaimBatch, Doubt, Standing, Uncertain, Verdict
from reclaim.record.models.files import File, FileState, Interchange

__all__ = [
    "Acknowledgement",
    "Adjudication",
    "Claim",
    "ClaimBatch",
    "DeniedLine",
    "Doubt",
    "File",
    "FileState",
    "Interchange",
    "Payer",
    "Remittance",
    "Standing",
    "Uncertain",
    "Verdict",
]
