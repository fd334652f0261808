"""Three organizations that hold a row of every kind, told apart by a word that stands in all they hold."""

import io
import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.http import int_to_base36

from reclaim import dispatch, reception
from reclaim.api.models import Kept
from reclaim.desk import actions, correcting, documents
from reclaim.desk.models import (
    Alert,
    AlertChoice,
    AssignmentRule,
    Batch,
    Case,
    Control,
    Correction,
    Delivery,
    Document,
    PayerTerms,
    Receiver,
    SavedView,
    StatusRequest,
    Task,
    Webhook,
)
from reclaim.insight.models import Counted
from reclaim.people import access, tokens
from reclaim.people.models import Absence, Location, Membership, Organization, Preference, Role, Team, User
from reclaim.record.connections import sftp
from reclaim.record.connections.models import Connection, Fetched, Outgoing
from reclaim.record.models import Acknowledgement, Adjudication, Claim, File, Uncertain
from tests.desk import conversation
from tests.web import factory

MARKS = ("qalder", "qbirch", "qcypress")
"""Words that stand nowhere else."""
NAME = "COMMONLY"
"""The last name of every patient: who searches it finds their own."""
SAMPLE = "20261120_harbor_mutual_ppo.835"


@dataclass(frozen=True)
class House:
    """An organization, its people, and a row for each name that addresses and forms use."""

    mark: str
    organization: Organization
    people: dict[Role, User]
    rows: dict[str, Any]

    def filled(self, text: str) -> str:
        """An address or a field with the rows of this house."""
        return text.format(**self.rows)


def houses() -> list[House]:
    """All three."""
    return [_house(mark) for mark in MARKS]


def rows_of(label: str, organizations: list[Organization]) -> QuerySet[Model]:
    """All rows of a kind that belong to some organizations."""
    way, _ = access._WAYS[label]
    model: Any = apps.get_model(label)
    found: QuerySet[Model] = model.objects.filter(**{f"{way}__in": [each.pk for each in organizations]})
    return found.order_by("pk").distinct()


def kept(organizations: list[Organization]) -> dict[str, list[tuple[Any, ...]]]:
    """All that some organizations hold."""
    return {label: list(rows_of(label, organizations).values_list()) for label in access._WAYS}


def _house(mark: str) -> House:
    organization = factory.organization(mark.capitalize())
    people = {role: factory.person(organization, role) for role in Role}
    data = (factory.SAMPLES / SAMPLE).read_text(encoding="ascii")
    data = re.sub(r"NM1\*QC\*1\*[^*~]*\*[^*~]*", f"NM1*QC*1*{NAME}*{mark.upper()}", data)
    data = re.sub(r"N1\*PR\*[^*~]*", f"N1*PR*{mark.upper()} MUTUAL", data)
    name = f"{mark}.835"
    file = reception.process(
        reception.accept(organization, people[Role.BILLER], name, io.BytesIO(data.encode()), "command").pk
    )
    rows = {
        **_people(organization, people, mark),
        **_work(organization, people, mark),
        **_arranged(organization, people[Role.MANAGER], mark),
        **_corrected(organization, people[Role.BILLER], mark),
        "file_id": file.pk,
        "task_id": _asked(organization, file, mark).pk,
    }
    return House(mark, organization, people, rows)


def _asked(organization: Organization, file: File, mark: str) -> Task:
    text = f"Nobody has acknowledged {mark}"
    return Task.objects.create(organization=organization, file=file, of=Task.Of.OFFICE, text=text, at=timezone.now())


def _people(organization: Organization, people: dict[Role, User], mark: str) -> dict[str, Any]:
    email = f"extra@{mark}.example"
    extra = User.objects.create_user(username=email, email=email)
    member = Membership.objects.create(organization=organization, user=extra, role=Role.CODER)
    team = Team.objects.create(organization=organization, name=f"Team {mark}")
    member.teams.add(team)
    day = timezone.localdate()
    program = Membership.objects.get(organization=organization, user=people[Role.INTEGRATION])
    token = tokens.make(None, program, tokens.Wanted(f"Key {mark}", frozenset({access.Permission.SEE_CASES}))).token
    Preference.objects.create(organization=organization, name="small_balance", value="5.00")
    factor = {"name": f"Stick {mark}", "credential": {}}
    stick = Authenticator.objects.create(user=extra, type=Authenticator.Type.WEBAUTHN, data=factor)
    return {
        "team_id": team.pk,
        "location_id": Location.objects.create(organization=organization, name=f"Place {mark}").pk,
        "member_id": member.pk,
        "user": member.user_id,
        "email": member.user.email,
        "uidb36": int_to_base36(member.user_id),
        "organization": organization.pk,
        "absence_id": Absence.objects.create(organization=organization, membership=member, first=day, last=day).pk,
        "token_id": token.pk,
        "program": program.pk,
        "pk": stick.pk,
        "today": day,
        "tomorrow": day + timedelta(days=1),
    }


def _work(organization: Organization, people: dict[Role, User], mark: str) -> dict[str, Any]:
    biller = people[Role.BILLER]
    first, second = Case.objects.filter(organization=organization).order_by("pk")[:2]
    case = actions.note(biller, first, text=f"Note {mark}")
    case = actions.task(biller, case, text=f"Task {mark}")
    case = actions.contact(biller, case, talk=actions.Talk("phone", f"Kim {mark}", f"Said {mark}"))
    paper = documents.keep(reception.store(), io.BytesIO(f"%PDF-1.7 {mark}".encode()), f"{mark}.pdf", "other", 1 << 20)
    case = actions.attach(biller, case, paper=paper)
    case = actions.mark_sent(biller, case, actions.Parcel("corrected", "portal", reference=f"Sent {mark}"))
    Case.objects.filter(pk=second.pk).update(denied=Decimal(20_000))
    second.refresh_from_db()
    proposed = actions.write_off(biller, second, reason="other", words=f"Given up {mark}")
    return {
        "case_id": case.pk,
        "version": case.version,
        "proposed": proposed.pk,
        "proposed_version": proposed.version,
        "control_number": case.control_number,
        "answer": case.latest_id,
        "payer": case.payer_id,
        "payer_id": case.payer_id,
        "task": Task.objects.get(case=case).pk,
        "document_id": Document.objects.get(case=case).pk,
    }


def _corrected(organization: Organization, biller: User, mark: str) -> dict[str, Any]:
    """A claim that was sent, denied and acknowledged; one correction of it is on its way, another one is begun."""
    sent = conversation.claims("P", 2, ("DOE", mark.upper()), ("1245319599", "1245319590"))
    data = conversation.file_of(*sent)
    conversation.received(organization, data)
    first, second = Claim.objects.filter(organization=organization).order_by("pk")
    row = correcting.start(biller, first, None, dispatch.read_span)
    Receiver.objects.filter(organization=organization).update(name=f"House {mark}")
    begun = correcting.start(biller, second, None, dispatch.read_span)
    Correction.objects.filter(pk=begun.pk).update(reason=f"Because {mark}")
    at, own = timezone.now(), {"organization": organization}
    kept = reception.store().keep(io.BytesIO(data))
    batch = Batch.objects.create(
        **own,
        receiver=row.receiver,
        kind="837P",
        production=False,
        control=500_000_001,
        made_at=at,
        stage="written",
        trouble=f"Trouble {mark}",
        sha256=kept.sha256,
        size=kept.size,
    )
    case = Case.objects.filter(organization=organization).latest("pk")
    StatusRequest.objects.create(**own, case=case, claim=first, trace=mark, batch=batch, by=biller, at=at)
    Acknowledgement.objects.create(
        **own, file=first.file, kind="277CA", position=1, claim=first, verdict="accepted", start=0, end=1
    )
    answer = Adjudication.objects.filter(organization=organization).latest("pk")
    Uncertain.objects.update_or_create(adjudication=answer, defaults={**own, "doubt": "unmatched", "number": mark})
    PayerTerms.objects.create(**own, payer=answer.remittance.payer, source=f"Contract {mark}")
    Control.objects.get_or_create(**own, defaults={"next": 500_000_002})
    return {
        "correction_id": begun.pk,
        "correction_version": begun.version,
        "claim": first.pk,
        "claim_id": first.pk,
        "batch_id": batch.pk,
        "receiver_id": row.receiver_id,
        "answer_id": answer.pk,
    }


def _arranged(organization: Organization, manager: User, mark: str) -> dict[str, Any]:
    own = {"organization": organization}
    case, now = Case.objects.filter(organization=organization).order_by("pk")[0], timezone.now()
    told = {"case": case, "sort": "due", "key": f"due:{case.pk}", "text": f"Alert {mark}", "at": now}
    hook = Webhook.objects.create(**own, url=f"https://{mark}.example/", secret="-")  # noqa: S106  opens nothing
    Counted.objects.create(**own, stamp=mark, at=now, sums={})
    Kept.objects.create(**own, user=manager, key=mark, asked="0" * 64, at=now)
    AlertChoice.objects.create(**own, user=manager)
    return {
        "view_id": SavedView.objects.create(**own, by=manager, name=f"View {mark}", shared=True).pk,
        "rule_id": AssignmentRule.objects.create(**own, name=f"Rule {mark}", place=1, share="team").pk,
        "alert_id": Alert.objects.create(**own, user=manager, **told).pk,
        "hook_id": hook.pk,
        **_connected(organization, mark),
        "delivery_id": Delivery.objects.create(**own, webhook=hook, event=0, trouble=f"Trouble {mark}").pk,
        "file": File.objects.filter(organization=organization).latest("pk").pk,
    }


def _connected(organization: Organization, mark: str) -> dict[str, Any]:
    own = {"organization": organization}
    seen = sftp.public_key(sftp.new_key())
    place = {"kind": "folder", "folder_in": f"/{mark}", "host_key_seen": seen}
    connection = Connection.objects.create(**own, **place, name=f"Payer {mark}")
    now, nothing = timezone.now(), {"size": 0, "sha256": "0" * 64}
    Fetched.objects.create(**own, **nothing, connection=connection, name=f"{mark}.835", changed=0, seen_at=now)
    sends = Connection.objects.create(**own, **place, name=f"Clearinghouse {mark}", folder_out="/out")  # not removed
    Outgoing.objects.create(**own, **nothing, connection=sends, key=mark, name=f"{mark}.837", made_at=now)
    return {"connection_id": connection.pk, "sends": sends.pk, "fingerprint": sftp.fingerprint(seen)}
