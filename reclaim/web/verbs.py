"""What events say was done, as people read it. A verb of the code that is missing here fails a test."""

from collections.abc import Mapping
from typing import Any

VERBS: Mapping[str, Mapping[str, str]] = {
    "Cases": {
        "viewed_case": "opened a case",
        "took_case": "took a case",
        "released_case": "released a case",
        "assigned_case": "assigned a case",
        "classified_case": "set the type or cause of a case",
        "located_case": "set the location of a case",
        "lifted_case": "raised a case",
        "lowered_case": "lowered a case",
        "noted": "wrote a note",
        "made_task": "added a task",
        "finished_task": "finished a task",
        "asked_for_information": "asked for information",
        "contacted_payer": "logged a contact with the payer",
        "attached_document": "attached a document",
        "removed_document": "removed a document",
        "snoozed_case": "snoozed a case",
        "woke_case": "woke a case",
        "marked_sent": "marked as sent to the payer",
        "recorded_answer": "recorded an answer of the payer",
        "wrote_off": "wrote off, or proposed to",
        "approved_write_off": "approved a write-off",
        "refused_write_off": "refused a write-off",
        "moved_to_patient": "moved a case to the patient",
        "moved_to_other_payer": "moved a case to another payer",
        "closed_case": "closed a case",
        "reopened_case": "reopened a case",
        "undid": "took a change back",
        "answered": "an answer of the payer moved a case",
        "found_rejected": "a claim was rejected",
        "found_unanswered": "a claim has no answer in time",
        "sent_anew": "a claim was sent again",
        "asked_status": "asked the payer for the status of a claim",
        "could_not_ask_status": "could not write a status request",
        "told_status": "the payer told the status of a claim",
    },
    "Corrections": {
        "started_correction": "began to correct a claim",
        "changed_correction": "changed a correction",
        "chose_way": "chose how a claim goes again",
        "reverted_correction": "went back to an earlier version of a correction",
        "finished_correction": "made a correction ready",
        "approved_correction": "approved a correction",
        "sent_back_correction": "sent a correction back",
        "held_correction": "held a correction",
        "released_correction": "released a correction",
        "reopened_correction": "took a correction up again",
        "withdrew_correction": "withdrew a correction",
        "matched_by_hand": "said which claim an answer is about",
        "matched_anew": "took back which claim an answer is about",
    },
    "Claims out of the house": {
        "made_batch": "put claims into a batch",
        "wrote_batch": "wrote a batch",
        "held_batch": "held a batch",
        "released_batch": "released a batch",
        "disbanded_batch": "took a batch apart",
        "took_batch": "took the file of a batch",
        "sent_batch": "sent a batch",
        "changed_receiver": "changed a receiver of claims",
        "changed_terms": "changed a payer's terms for corrections",
    },
    "Records of patients": {
        "viewed_correction": "opened a correction",
        "viewed_claim": "opened a claim",
        "viewed_document": "opened a document",
        "viewed_segments": "looked at the segments of a claim",
        "downloaded_file": "downloaded a file",
        "searched_patients": "searched by the name of a patient",
    },
    "Files": {
        "received_file": "brought a file in",
        "received_file_again": "brought in a file that was there",
        "reprocessed_file": "had a file read again",
    },
    "Lists out of the house": {
        "exported_cases": "exported cases",
        "exported_events": "exported the audit trail",
    },
    "Signing in": {
        "signed_in": "signed in",
        "signed_out": "signed out",
        "added_factor": "added a second factor",
        "removed_factor": "removed a second factor",
        "reset_factor": "reset the second factor of somebody",
    },
    "People": {
        "joined": "let somebody in",
        "changed_role": "changed a role",
        "left": "ended an access",
        "made_link": "made a sign-in link",
        "made_team": "made a team",
        "changed_team": "changed a team",
        "removed_team": "removed a team",
        "made_location": "named a location",
        "changed_location": "changed a location",
        "removed_location": "removed a location",
        "noted_absence": "noted an absence",
        "ended_absence": "took an absence back",
    },
    "Rules and settings": {
        "chose_preference": "changed a setting",
        "saved_view": "kept a view of the queue",
        "removed_view": "removed a view of the queue",
        "saved_assignment_rule": "saved an assignment rule",
        "moved_assignment_rule": "changed the order of the assignment rules",
        "switched_assignment_rule": "switched an assignment rule on or off",
        "removed_assignment_rule": "removed an assignment rule",
        "assigned_new_cases": "had the rules assign the new cases",
        "located_cases": "matched open cases with the locations",
        "rescored_cases": "counted the scores of cases anew",
        "chose_alerts": "chose what to be told",
        "mailed_digests": "sent the daily mails",
        "made_webhook": "made a webhook",
        "changed_webhook": "changed a webhook",
        "switched_webhook": "switched a webhook on or off",
        "switched_off_webhook": "switched a webhook off after many failures",
        "removed_webhook": "removed a webhook",
        "tried_webhook": "tried a webhook",
        "sent_webhook_again": "had an event sent to a webhook again",
    },
    "Connections": {
        "made_connection": "made a connection",
        "changed_connection": "changed a connection",
        "trusted_host_key": "confirmed the key of a server",
        "saw_other_host_key": "met a server with another key",
        "switched_connection": "switched a connection on or off",
        "removed_connection": "removed a connection",
        "tried_connection": "tested a connection",
        "visited_connection": "had a connection visited",
        "fetched_files": "fetched files",
        "queued_outgoing": "put a file in line for sending",
        "sent_outgoing": "sent a file",
    },
    "Keys of the API": {
        "made_token": "made a key",
        "revoked_token": "ended a key",
        "made_integration": "let a program in",
        "refused_keys": "refused keys that open nothing",
    },
    "Installation": {
        "backed_up": "made a backup",
        "restored": "restored a backup",
    },
    "Refused": {
        "refused": "tried what the role does not include",
    },
}
"""Verbs by what they are about."""

_WORDS = {verb: words for some in VERBS.values() for verb, words in some.items()}


def said(verb: str) -> str:
    """A verb in words that follow a name: "took a case"."""
    return _WORDS.get(verb) or verb.replace("_", " ")


def of_case(verb: str, detail: Mapping[str, Any]) -> str:
    """The same on the page of the one case that an event is about: "took the case"."""
    if verb == "wrote_off":
        return "proposed a write-off" if detail.get("stand") == "proposed" else "wrote it off"
    return said(verb).replace("a case", "the case")


def known(verb: str) -> bool:
    """Whether the table has words for a verb."""
    return verb in _WORDS
