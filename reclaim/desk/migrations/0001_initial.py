import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import reclaim.record.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "__first__"),
        ("record", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=140)),
                ("answers", models.IntegerField()),
                ("redenied", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("recovered", "Recovered"),
                            ("recovered_in_part", "Recovered in part"),
                            ("patient", "Moved to the patient"),
                            ("closed", "Nothing was due"),
                            ("answered", "Accepted or answered"),
                            ("other_payer", "Moved to another payer"),
                            ("written_off", "Written off"),
                            ("upheld", "Upheld"),
                            ("withdrawn", "Withdrawn"),
                            ("not_a_denial", "Not a denial"),
                        ],
                        max_length=20,
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("control_number", models.CharField(max_length=60)),
                ("patient", models.CharField(max_length=160)),
                ("line_of_business", models.CharField(max_length=20)),
                ("service_from", models.DateField(null=True)),
                ("type", models.CharField(max_length=20)),
                ("cause", models.CharField(max_length=40)),
                ("department", models.CharField(max_length=40)),
                ("preventable", models.CharField(max_length=10)),
                ("codes", models.CharField(max_length=200)),
                ("action", models.CharField(max_length=40)),
                ("deadline", models.DateField(null=True)),
                ("deadline_kind", models.CharField(blank=True, max_length=30)),
                ("days", models.TextField(blank=True, db_default="")),
                ("charge", reclaim.record.money.MoneyField()),
                ("denied", reclaim.record.money.MoneyField()),
                ("recovered", reclaim.record.money.MoneyField(default=0)),
                ("expected", reclaim.record.money.MoneyField()),
                ("score", reclaim.record.money.MoneyField()),
                ("provider", models.CharField(blank=True, db_default="", max_length=10)),
                ("payee", models.CharField(blank=True, db_default="", max_length=10)),
                ("opened", models.DateField(null=True)),
                ("resolved", models.DateField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("version", models.IntegerField(db_default=1)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("working", "In work"),
                            ("waiting", "Waiting"),
                            ("sent", "Sent"),
                            ("approval", "Waiting for approval"),
                        ],
                        db_default="new",
                        max_length=10,
                    ),
                ),
                ("located", models.BooleanField(db_default=False)),
                (
                    "waiting",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Nobody"),
                            ("date", "A day"),
                            ("answer", "The payer's next answer"),
                            ("payer", "The payer"),
                            ("patient", "The patient"),
                            ("provider", "The provider"),
                            ("colleague", "A colleague"),
                        ],
                        db_default="",
                        max_length=10,
                    ),
                ),
                ("until", models.DateField(null=True)),
                ("worked_at", models.DateTimeField(null=True)),
                ("raised", models.BooleanField(db_default=False)),
                ("overruled", models.CharField(blank=True, db_default="", max_length=200)),
                ("decided_on", models.BigIntegerField(null=True)),
                (
                    "claim",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.claim",
                    ),
                ),
                (
                    "denial",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.adjudication",
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.adjudication",
                    ),
                ),
                (
                    "latest",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.adjudication",
                    ),
                ),
                (
                    "location",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="cases",
                        to="people.location",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="people.organization",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="record.payer",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="cases",
                        to="people.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "state", "-score", "-id"], name="case_by_score"),
                    models.Index(fields=["organization", "state", "deadline", "id", "denied"], name="case_by_deadline"),
                    models.Index(fields=["organization", "state", "-denied", "-id"], name="case_by_denied"),
                    models.Index(fields=["organization", "state", "opened", "id"], name="case_by_opened"),
                    models.Index(fields=["organization", "state", "type", "-score"], name="case_by_type"),
                    models.Index(fields=["organization", "state", "payer", "-score"], name="case_by_payer"),
                    models.Index(fields=["organization", "state", "cause", "-score"], name="case_by_cause"),
                    models.Index(fields=["organization", "state", "service_from", "id"], name="case_by_service"),
                    models.Index(fields=["organization", "state", "-expected", "-id"], name="case_by_expected"),
                    models.Index(fields=["organization", "state", "patient", "id"], name="case_by_patient"),
                    models.Index(fields=["organization", "-score", "-id"], name="case_of_any_state"),
                    models.Index(fields=["organization", "control_number"], name="case_by_number"),
                    models.Index(fields=["organization", "opened", "type"], name="case_by_month"),
                    models.Index(
                        condition=models.Q(("resolved__isnull", False)),
                        fields=["organization", "resolved"],
                        name="case_by_resolved",
                    ),
                    models.Index(fields=["organization", "state", "owner", "-score", "-id"], name="case_by_owner"),
                    models.Index(
                        condition=models.Q(("team__isnull", False)),
                        fields=["organization", "state", "team", "-score", "-id"],
                        name="case_by_team",
                    ),
                    models.Index(
                        condition=models.Q(("location__isnull", False)),
                        fields=["organization", "state", "location", "-score", "-id"],
                        name="case_by_location",
                    ),
                    models.Index(
                        fields=["organization", "state", "provider", "-score", "-id"], name="case_by_provider"
                    ),
                    models.Index(fields=["organization", "state", "stage", "-score", "-id"], name="case_by_stage"),
                    models.Index(
                        condition=models.Q(("worked_at__isnull", False)),
                        fields=["organization", "state", "worked_at", "id"],
                        name="case_by_work",
                    ),
                    models.Index(
                        condition=models.Q(("until__isnull", False)),
                        fields=["organization", "state", "until"],
                        name="case_by_wake",
                    ),
                    models.Index(fields=["organization", "state", "id"], name="case_by_id"),
                    models.Index(
                        condition=models.Q(("kind__in", ["rejected", "no_answer"])),
                        fields=["organization", "kind", "state", "deadline", "denied"],
                        name="case_counted_apart",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("organization", "key"), name="one_case_per_claim")],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sort", models.CharField(max_length=30)),
                ("key", models.CharField(max_length=80)),
                ("text", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="people.organization"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="desk.case",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization", "user", "read_at", "-at"], name="alert_by_person")],
                "constraints": [models.UniqueConstraint(fields=("organization", "user", "key"), name="told_once")],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("portal", "Portal"),
                            ("mail", "Mail"),
                            ("fax", "Fax"),
                            ("email", "Secure email"),
                        ],
                        max_length=10,
                    ),
                ),
                ("who", models.CharField(max_length=120)),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("said", models.TextField()),
                ("promised", models.DateField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="desk.case"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Control",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("next", models.IntegerField()),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organization"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("name", models.CharField(max_length=200)),
                (
                    "sort",
                    models.CharField(
                        choices=[
                            ("records", "Medical records"),
                            ("authorization", "Authorization"),
                            ("letter", "Letter of the payer"),
                            ("proof", "Proof of filing or delivery"),
                            ("claim", "Claim"),
                            ("other", "Other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("clinical", models.BooleanField()),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("size", models.BigIntegerField()),
                ("media", models.CharField(max_length=80)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="desk.case"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("text", models.TextField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="desk.case"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PayerTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("replacement", models.BooleanField(null=True)),
                ("void", models.BooleanField(null=True)),
                ("number_required", models.BooleanField(null=True)),
                ("correction_days", models.IntegerField(null=True)),
                ("source", models.CharField(max_length=120)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organization",
                    ),
                ),
                (
                    "payer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="terms", to="record.payer"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("correction_days__isnull", True), ("correction_days__gte", 1), _connector="OR"
                        ),
                        name="days_to_correct",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Receiver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("sender_qualifier", models.CharField(max_length=2)),
                ("sender", models.CharField(max_length=15)),
                ("receiver_qualifier", models.CharField(max_length=2)),
                ("receiver", models.CharField(max_length=15)),
                ("group_sender", models.CharField(max_length=15)),
                ("group_receiver", models.CharField(max_length=15)),
                ("production", models.BooleanField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="receivers",
                        to="record.connection",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receivers",
                        to="people.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "organization",
                            "sender_qualifier",
                            "sender",
                            "receiver_qualifier",
                            "receiver",
                            "group_sender",
                            "group_receiver",
                        ),
                        name="each_receiver_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("837P", "Professional claims"),
                            ("837I", "Institutional claims"),
                            ("837D", "Dental claims"),
                            ("276", "Status requests"),
                        ],
                        max_length=4,
                    ),
                ),
                ("production", models.BooleanField()),
                ("control", models.IntegerField()),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("building", "Being written"),
                            ("written", "Ready to send"),
                            ("sent", "Sent"),
                            ("acknowledged", "Accepted"),
                            ("rejected", "Rejected"),
                            ("disbanded", "Taken apart"),
                        ],
                        default="building",
                        max_length=12,
                    ),
                ),
                ("held", models.BooleanField(default=False)),
                ("count", models.IntegerField(default=0)),
                ("taken_out", models.IntegerField(default=0)),
                ("charge", reclaim.record.money.MoneyField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "file",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="record.file"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
                (
                    "outgoing",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="record.outgoing"
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="batches", to="desk.receiver"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "stage", "-id"], name="batch_by_stage"),
                    models.Index(fields=["organization", "-id"], name="batch_by_age"),
                    models.Index(
                        condition=models.Q(("stage__in", ["building", "written"])),
                        fields=["stage", "id"],
                        name="batch_that_waits",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "control"), name="each_interchange_number_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=4)),
                ("control_number", models.CharField(max_length=60)),
                ("charge", reclaim.record.money.MoneyField()),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("replace", "Replacement"),
                            ("void", "Void"),
                            ("new", "New claim"),
                            ("reopen", "Reopening"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=400)),
                ("rule", models.CharField(blank=True, max_length=60)),
                ("payer_control_number", models.CharField(blank=True, max_length=60)),
                ("conditions", models.CharField(blank=True, max_length=60)),
                ("number", models.IntegerField(default=1)),
                ("edits", models.JSONField(default=list)),
                ("found", models.JSONField(default=list)),
                ("version", models.IntegerField(default=1)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("draft", "In correction"),
                            ("approval", "Waiting for a second look"),
                            ("ready", "Ready to send"),
                            ("held", "Held"),
                            ("batched", "In a batch"),
                            ("sent", "Sent"),
                            ("acknowledged", "Accepted by the payer"),
                            ("rejected", "Rejected"),
                            ("answered", "Answered"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("position", models.IntegerField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="desk.batch",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="corrections",
                        to="desk.case",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.claim",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
                (
                    "ready_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.claim",
                    ),
                ),
                (
                    "receiver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="desk.receiver"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "stage", "-id"], name="correction_by_stage"),
                    models.Index(fields=["organization", "claim"], name="correction_by_claim"),
                    models.Index(
                        condition=models.Q(("result__isnull", False)), fields=["result"], name="correction_by_result"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stage__in", ["draft", "approval", "ready", "held", "batched"])),
                        fields=("organization", "claim"),
                        name="one_open_correction_per_claim",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("address", models.CharField(max_length=500)),
                ("columns", models.JSONField(default=list)),
                ("shared", models.BooleanField(default=False)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="views", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="people.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "by", "name"), name="one_view_per_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="Sent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("corrected", "Corrected claim"),
                            ("records", "Records"),
                            ("appeal", "Appeal"),
                            ("inquiry", "Inquiry"),
                            ("other", "Something else"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("portal", "Portal"),
                            ("mail", "Mail"),
                            ("fax", "Fax"),
                            ("email", "Secure email"),
                            ("edi", "Electronic claim"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=80)),
                ("day", models.DateField()),
                ("expected", models.DateField(null=True)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("received", "They have it"),
                            ("more", "They ask for more"),
                            ("overturned", "Overturned, to be paid"),
                            ("upheld", "Upheld"),
                        ],
                        max_length=10,
                    ),
                ),
                ("answered", models.DateField(null=True)),
                (
                    "answer_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="desk.case"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StatusRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("trace", models.CharField(max_length=60)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("ready", "Ready to send"),
                            ("batched", "In a batch"),
                            ("sent", "Sent"),
                            ("answered", "Answered"),
                        ],
                        default="ready",
                        max_length=10,
                    ),
                ),
                ("answered_on", models.DateField(null=True)),
                ("codes", models.CharField(blank=True, max_length=200)),
                (
                    "answer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.acknowledgement",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="requests", to="desk.batch"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="desk.case"
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="record.claim",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "stage", "id"], name="request_by_stage"),
                    models.Index(fields=["organization", "trace"], name="request_by_trace"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stage__in", ["ready", "batched"])),
                        fields=("case",),
                        name="one_open_request_per_case",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "of",
                    models.CharField(
                        choices=[
                            ("office", "Us"),
                            ("payer", "The payer"),
                            ("patient", "The patient"),
                            ("provider", "The provider"),
                            ("colleague", "A colleague"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(max_length=300)),
                ("due", models.DateField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="desk.case"
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="record.file",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="people.team",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "owner", "done_at", "due"], name="task_by_owner"),
                    models.Index(fields=["organization", "done_at", "due"], name="task_by_day"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("file__isnull", False)), fields=("file",), name="one_task_per_file"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("replace", "Replacement"),
                            ("void", "Void"),
                            ("new", "New claim"),
                            ("reopen", "Reopening"),
                        ],
                        max_length=10,
                    ),
                ),
                ("payer_control_number", models.CharField(blank=True, max_length=60)),
                ("conditions", models.CharField(blank=True, max_length=60)),
                ("edits", models.JSONField(default=list)),
                ("what", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "correction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="desk.correction",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("correction", "number"), name="each_version_once")],
            },
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.URLField(max_length=300)),
                ("secret", models.TextField()),
                ("verbs", models.JSONField(default=list)),
                ("active", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("after", models.BigIntegerField(db_default=0)),
                ("failures", models.IntegerField(db_default=0)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="webhooks", to="people.organization"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.BigIntegerField()),
                ("tries", models.IntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("status", models.IntegerField(null=True)),
                ("trouble", models.CharField(blank=True, max_length=200)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="people.organization"
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="desk.webhook"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["webhook", "due_at"], name="delivery_by_due")],
                "constraints": [models.UniqueConstraint(fields=("webhook", "event"), name="each_event_once")],
            },
        ),
        migrations.CreateModel(
            name="WriteOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("amount", reclaim.record.money.MoneyField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("timely_filing", "Filed too late, no proof"),
                            ("no_authorization", "No authorization, none to be had"),
                            ("not_covered", "Not covered, patient may not be billed"),
                            ("medical_necessity", "Not medically necessary, appeals used up"),
                            ("bundled", "Correctly bundled"),
                            ("small_balance", "Small balance, not worth the work"),
                            ("credentialing", "Provider not enrolled with the payer"),
                            ("duplicate", "Duplicate charge"),
                            ("deadline", "Appeal deadline missed"),
                            ("charity", "Financial assistance"),
                            ("other", "Another reason (say which)"),
                        ],
                        max_length=20,
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=300)),
                (
                    "stand",
                    models.CharField(
                        choices=[
                            ("proposed", "Waiting for approval"),
                            ("done", "Written off"),
                            ("refused", "Refused"),
                            ("taken_back", "Taken back"),
                        ],
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("answer", models.CharField(blank=True, max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="%(class)ss", to="desk.case"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization", "stand", "at"], name="writeoff_by_stand")],
            },
        ),
        migrations.CreateModel(
            name="AlertChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sorts", models.JSONField(default=list)),
                ("digest", models.BooleanField(default=True)),
                ("mailed_on", models.DateField(null=True)),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_to", models.TimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="people.organization"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "user"), name="one_alert_choice_each")],
            },
        ),
        migrations.CreateModel(
            name="AssignmentRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.IntegerField()),
                ("name", models.CharField(max_length=80)),
                ("conditions", models.JSONField(default=dict)),
                (
                    "share",
                    models.CharField(
                        choices=[
                            ("load", "Whoever has the fewest open cases"),
                            ("alphabet", "By the first letter of the patient's last name"),
                            ("team", "The team's queue, nobody in it"),
                        ],
                        default="load",
                        max_length=10,
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="people.organization"
                    ),
                ),
                ("people", models.ManyToManyField(blank=True, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="people.team",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization", "place"], name="rule_by_place")],
            },
        ),
    ]
