"""The tables of this room: the case, what people did about it, and how the work is arranged."""

from reclaim.desk.models.arranging import Alert, AlertChoice, AssignmentRule, Delivery, SavedView, Webhook
from reclaim.desk.models.case import Case, Stage, State, Waiting
from reclaim.desk.models.work import Contact, Document, Note, Sent, Task, WriteOff

__all__ = [
    "Alert",
    "AlertChoice",
    "AssignmentRule",
    "Case",
    "Contact",
    "Delivery",
    "Document",
    "Note",
    "SavedView",
    "Sent",
    "Stage",
    "State",
    "Task",
    "Waiting",
    "Webhook",
    "WriteOff",
]
