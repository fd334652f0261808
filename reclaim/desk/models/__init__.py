"""The tables of this room: the case, what people did about it, and how the work is arranged."""

from reclaim.desk.models.arranging import Alert, AlertChoice, AssignmentRule, Delivery, SavedView, Webhook
from reclaim.desk.models.asking import StatusRequest
from reclaim.desk.models.case import APART, NO_ANSWER, REJECTED, Case, Stage, State, Waiting
from reclaim.desk.models.sending import Batch, Control, Correction, Receiver, Version
from reclaim.desk.models.terms import PayerTerms
from reclaim.desk.models.work import Contact, Document, Note, Sent, Task, WriteOff

__all__ = [
    "APART",
    "NO_ANSWER",
    "REJECTED",
    "Alert",
    "AlertChoice",
    "AssignmentRule",
    "Batch",
    "Case",
    "Contact",
    "Control",
    "Correction",
    "Delivery",
    "Document",
    "Note",
    "PayerTerms",
    "Receiver",
    "SavedView",
    "Sent",
    "Stage",
    "State",
    "StatusRequest",
    "Task",
    "Version",
    "Waiting",
    "Webhook",
    "WriteOff",
]
