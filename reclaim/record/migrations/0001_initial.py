import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import reclaim.record.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
        ("people", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[("sftp", "SFTP server"), ("folder", "Folder of this server")], max_length=10
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255)),
                ("port", models.IntegerField(default=22)),
                ("user", models.CharField(blank=True, max_length=80)),
                (
                    "sign_in",
                    models.CharField(
                        choices=[("password", "Password"), ("key", "Private key")], default="password", max_length=10
                    ),
                ),
                ("secret", models.TextField(blank=True)),
                ("public_key", models.TextField(blank=True)),
                ("host_key", models.TextField(blank=True)),
                ("host_key_seen", models.TextField(blank=True)),
                ("folder_in", models.CharField(blank=True, max_length=300)),
                ("folder_out", models.CharField(blank=True, max_length=300)),
                ("pattern", models.CharField(default="*", max_length=100)),
                (
                    "after",
                    models.CharField(
                        choices=[
                            ("keep", "Leave it there"),
                            ("move", "Move it to another folder"),
                            ("delete", "Delete it"),
                        ],
                        default="keep",
                        max_length=10,
                    ),
                ),
                ("moved_to", models.CharField(blank=True, max_length=300)),
                ("every", models.IntegerField(default=15)),
                ("active", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("visited_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("troubled_at", models.DateTimeField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="connections",
                        to="people.organization",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["active", "due_at"], name="connection_by_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "name"), name="one_connection_per_name")
                ],
            },
        ),
        migrations.CreateModel(
            name="File",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sha256", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=255)),
                ("size", models.BigIntegerField()),
                ("kind", models.CharField(blank=True, max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "Waiting"),
                            ("reading", "Being read"),
                            ("read", "Read"),
                            ("refused", "Refused"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                ("origin", models.CharField(max_length=20)),
                ("received_at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("progress", models.BigIntegerField(default=0)),
                ("times", models.IntegerField(default=1)),
                ("interchanges", models.IntegerField(default=0)),
                ("transactions", models.IntegerField(default=0)),
                ("claims", models.IntegerField(default=0)),
                ("charge", reclaim.record.money.MoneyField(default=0)),
                ("paid", reclaim.record.money.MoneyField(default=0)),
                ("denied_claims", models.IntegerField(default=0)),
                ("denied", reclaim.record.money.MoneyField(default=0)),
                ("sent_claims", models.IntegerField(db_default=0, default=0)),
                ("sent_charge", reclaim.record.money.MoneyField(db_default=0, default=0)),
                ("acknowledged", models.IntegerField(db_default=0, default=0)),
                ("rejected", models.IntegerField(db_default=0, default=0)),
                ("balanced", models.BooleanField(default=True)),
                ("findings", models.JSONField(default=list)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="people.organization"
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "-received_at"], name="file_by_arrival"),
                    models.Index(fields=["state", "id"], name="file_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "sha256"), name="one_file_per_content")
                ],
            },
        ),
        migrations.CreateModel(
            name="ClaimBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("transaction", models.IntegerField()),
                ("position", models.BigIntegerField()),
                ("kind", models.CharField(max_length=4)),
                ("version", models.CharField(max_length=20)),
                ("separators", models.CharField(max_length=8)),
                ("sender", models.CharField(max_length=40)),
                ("interchange", models.CharField(max_length=20)),
                ("group", models.CharField(max_length=20)),
                ("control_number", models.CharField(max_length=20)),
                ("reference", models.CharField(max_length=60)),
                ("sent_on", models.DateField(null=True)),
                ("test", models.BooleanField()),
                ("claims", models.IntegerField()),
                ("charge", reclaim.record.money.MoneyField()),
                ("header_start", models.BigIntegerField()),
                ("header_end", models.BigIntegerField()),
                ("received_on", models.DateField(null=True)),
                ("rejected_on", models.DateField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="claim_batches",
                        to="record.file",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["file", "transaction"], name="batch_by_file"),
                    models.Index(fields=["organization", "reference"], name="batch_by_reference"),
                    models.Index(fields=["organization", "interchange"], name="batch_by_interchange"),
                    models.Index(fields=["organization", "group", "control_number"], name="batch_by_group"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=4)),
                ("position", models.BigIntegerField()),
                ("control_number", models.CharField(max_length=60)),
                ("number", models.CharField(max_length=60)),
                ("line_number", models.CharField(max_length=60)),
                ("payer_key", models.CharField(max_length=80)),
                ("payer_name", models.CharField(max_length=120)),
                ("filing_indicator", models.CharField(max_length=4)),
                ("responsibility", models.CharField(max_length=2)),
                ("frequency", models.CharField(max_length=2)),
                ("payer_control_number", models.CharField(max_length=60)),
                ("charge", reclaim.record.money.MoneyField(null=True)),
                ("service_from", models.DateField(null=True)),
                ("service_to", models.DateField(null=True)),
                ("member_id", models.CharField(max_length=80)),
                ("patient", models.CharField(max_length=160)),
                ("billing_npi", models.CharField(max_length=10)),
                ("rendering_npi", models.CharField(max_length=10)),
                ("procedure", models.CharField(max_length=48)),
                ("procedures", models.CharField(max_length=400)),
                ("sent_on", models.DateField(null=True)),
                ("test", models.BooleanField()),
                ("start", models.BigIntegerField()),
                ("end", models.BigIntegerField()),
                ("billing_start", models.BigIntegerField()),
                ("billing_end", models.BigIntegerField()),
                ("subscriber_start", models.BigIntegerField()),
                ("subscriber_end", models.BigIntegerField()),
                ("patient_start", models.BigIntegerField(null=True)),
                ("patient_end", models.BigIntegerField(null=True)),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("sent", "Sent"),
                            ("received", "Received"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("answered", "Answered"),
                        ],
                        db_default="sent",
                        max_length=10,
                    ),
                ),
                ("received_on", models.DateField(null=True)),
                ("accepted_on", models.DateField(null=True)),
                ("rejected_on", models.DateField(null=True)),
                ("answered_on", models.DateField(null=True)),
                ("given_number", models.CharField(db_default="", max_length=60)),
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
                    "original",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="versions",
                        to="record.claim",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="claim_rows",
                        to="record.claimbatch",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="record.file",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["batch", "position"], name="claim_by_batch"),
                    models.Index(fields=["organization", "number"], name="claim_by_number"),
                    models.Index(fields=["organization", "charge", "service_from"], name="claim_by_charge"),
                    models.Index(fields=["organization", "member_id"], name="claim_by_member"),
                    models.Index(fields=["organization", "procedure", "payer_key"], name="claim_by_procedure"),
                    models.Index(fields=["organization", "standing", "-id"], name="claim_by_standing"),
                    models.Index(fields=["organization", "payer_key", "standing", "-id"], name="claim_by_payer"),
                    models.Index(fields=["organization", "patient"], name="claim_by_patient"),
                    models.Index(
                        condition=models.Q(("given_number", ""), _negated=True),
                        fields=["organization", "given_number"],
                        name="claim_by_given_number",
                    ),
                    models.Index(
                        condition=models.Q(("payer_control_number", ""), _negated=True),
                        fields=["organization", "payer_control_number"],
                        name="claim_by_replaced_number",
                    ),
                    models.Index(
                        condition=models.Q(("original__isnull", False)), fields=["original"], name="claim_by_original"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fetched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255)),
                ("size", models.BigIntegerField()),
                ("changed", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("seen", "Waited for"), ("fetched", "Fetched"), ("same", "The same as one before")],
                        default="seen",
                        max_length=10,
                    ),
                ),
                ("seen_at", models.DateTimeField()),
                ("fetched_at", models.DateTimeField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("cleared", models.BooleanField(default=False)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="fetched",
                        to="record.connection",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="people.organization"
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="record.file"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["connection", "sha256"], name="fetched_by_content"),
                    models.Index(fields=["connection", "state", "-id"], name="fetched_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "name", "size", "changed"), name="each_remote_file_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=5)),
                ("position", models.BigIntegerField()),
                ("interchange", models.CharField(db_default="", max_length=20)),
                ("group", models.CharField(db_default="", max_length=20)),
                ("transaction_set", models.CharField(db_default="", max_length=20)),
                ("reference", models.CharField(db_default="", max_length=60)),
                ("batch", models.CharField(db_default="", max_length=60)),
                ("matched", models.CharField(db_default="", max_length=12)),
                ("control_number", models.CharField(db_default="", max_length=60)),
                ("number", models.CharField(db_default="", max_length=60)),
                ("payer_control_number", models.CharField(db_default="", max_length=60)),
                ("charge", reclaim.record.money.MoneyField(null=True)),
                ("service_from", models.DateField(null=True)),
                ("patient", models.CharField(db_default="", max_length=160)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("accepted_with_errors", "Accepted with errors"),
                            ("rejected", "Rejected"),
                            ("forwarded", "Forwarded"),
                            ("pending", "Pending"),
                            ("information_requested", "Information requested"),
                            ("paid", "Paid"),
                            ("denied", "Denied"),
                            ("not_found", "Not found"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=22,
                    ),
                ),
                ("day", models.DateField(null=True)),
                ("codes", models.CharField(db_default="", max_length=200)),
                ("loop", models.CharField(db_default="", max_length=8)),
                ("segment", models.CharField(db_default="", max_length=4)),
                ("segment_at", models.IntegerField(null=True)),
                ("element", models.IntegerField(null=True)),
                ("element_code", models.CharField(db_default="", max_length=4)),
                ("start", models.BigIntegerField()),
                ("end", models.BigIntegerField()),
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
                    "claim",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="acknowledgements",
                        to="record.claim",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acknowledgements",
                        to="record.file",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("claim__isnull", False)), fields=["claim"], name="ack_by_claim"),
                    models.Index(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=["organization", "number"],
                        name="ack_by_number",
                    ),
                    models.Index(
                        condition=models.Q(("interchange", ""), _negated=True),
                        fields=["organization", "interchange"],
                        name="ack_by_interchange",
                    ),
                    models.Index(
                        condition=models.Q(("group", ""), _negated=True),
                        fields=["organization", "group"],
                        name="ack_by_group",
                    ),
                    models.Index(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=["organization", "reference"],
                        name="ack_by_reference",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Interchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sender", models.CharField(max_length=40)),
                ("receiver", models.CharField(max_length=40)),
                ("control_number", models.CharField(max_length=20)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="interchange_rows", to="record.file"
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
                    models.Index(fields=["organization", "sender", "control_number"], name="interchange_by_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="Outgoing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waits"), ("renaming", "Being named"), ("sent", "Sent")],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("made_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outgoing",
                        to="record.connection",
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
                "indexes": [models.Index(fields=["connection", "state", "id"], name="outgoing_by_state")],
                "constraints": [models.UniqueConstraint(fields=("connection", "key"), name="each_file_out_once")],
            },
        ),
        migrations.CreateModel(
            name="Payer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=120)),
                ("line_of_business", models.CharField(max_length=20)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="payers", to="people.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "key"), name="one_payer_per_key")],
            },
        ),
        migrations.CreateModel(
            name="Remittance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("transaction", models.IntegerField()),
                ("trace_number", models.CharField(max_length=60)),
                ("amount", reclaim.record.money.MoneyField(null=True)),
                ("day", models.DateField(null=True)),
                ("claims", models.IntegerField()),
                ("charge", reclaim.record.money.MoneyField()),
                ("payee", models.CharField(db_default="", max_length=10)),
                ("separators", models.CharField(max_length=8)),
                (
                    "file",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="remittances",
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
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="remittances", to="record.payer"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "trace_number"], name="remittance_by_trace"),
                    models.Index(fields=["file", "transaction"], name="remittance_by_file"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjudication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=140)),
                ("control_number", models.CharField(max_length=60)),
                ("payer_control_number", models.CharField(max_length=60)),
                ("status", models.CharField(max_length=4)),
                ("kind", models.CharField(max_length=30)),
                ("day", models.DateField(null=True)),
                ("position", models.BigIntegerField()),
                ("charge", reclaim.record.money.MoneyField(null=True)),
                ("paid", reclaim.record.money.MoneyField(null=True)),
                ("patient_responsibility", reclaim.record.money.MoneyField(null=True)),
                ("denied", reclaim.record.money.MoneyField(default=0)),
                ("start", models.BigIntegerField()),
                ("end", models.BigIntegerField()),
                ("matched", models.CharField(db_default="", max_length=12)),
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
                    "claim",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="adjudications",
                        to="record.claim",
                    ),
                ),
                (
                    "remittance",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="adjudications",
                        to="record.remittance",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("claim__isnull", False)), fields=["claim"], name="adjudication_by_claim"
                    ),
                    models.Index(fields=["remittance", "-denied"], name="adjudication_by_remittance"),
                    models.Index(fields=["organization", "key"], name="adjudication_by_key"),
                    models.Index(fields=["organization", "payer_control_number"], name="adjudication_by_payer_number"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeniedLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("control_number", models.CharField(max_length=60)),
                ("procedure", models.CharField(max_length=48)),
                ("modifiers", models.CharField(max_length=40)),
                ("revenue_code", models.CharField(max_length=10)),
                ("units", models.FloatField(null=True)),
                ("service_from", models.DateField(null=True)),
                ("charge", reclaim.record.money.MoneyField(null=True)),
                ("denied", reclaim.record.money.MoneyField()),
                ("codes", models.CharField(max_length=200)),
                (
                    "adjudication",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="denied_lines",
                        to="record.adjudication",
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
            ],
            options={
                "indexes": [
                    models.Index(fields=["adjudication", "number"], name="denied_line_by_answer"),
                    models.Index(fields=["organization", "procedure"], name="denied_line_by_procedure"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Uncertain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "doubt",
                    models.CharField(
                        choices=[
                            ("unmatched", "No claim fits"),
                            ("ambiguous", "Several claims fit"),
                            ("likely", "Matched by an altered number, or by patient, date and charge"),
                        ],
                        max_length=10,
                    ),
                ),
                ("number", models.CharField(max_length=60)),
                ("charge", reclaim.record.money.MoneyField(null=True)),
                ("day", models.DateField(null=True)),
                ("read", models.BooleanField(db_default=False)),
                ("service_from", models.DateField(null=True)),
                ("patient", models.CharField(db_default="", max_length=160)),
                ("line_number", models.CharField(db_default="", max_length=60)),
                (
                    "adjudication",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uncertain",
                        to="record.adjudication",
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
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization", "number"], name="uncertain_by_number"),
                    models.Index(fields=["organization", "charge", "service_from"], name="uncertain_by_charge"),
                    models.Index(fields=["organization", "doubt", "-id"], name="uncertain_by_doubt"),
                ],
            },
        ),
    ]
