import django.db.models.deletion
from django.db import migrations, models

import reclaim.record.money


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_find_events"),
        ("record", "0005_connections"),
    ]

    operations = [
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
            ],
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
            ],
        ),
        migrations.AddField(
            model_name="adjudication",
            name="matched",
            field=models.CharField(db_default="", max_length=12),
        ),
        migrations.AddField(
            model_name="file",
            name="acknowledged",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="file",
            name="rejected",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="file",
            name="sent_charge",
            field=reclaim.record.money.MoneyField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="file",
            name="sent_claims",
            field=models.IntegerField(db_default=0, default=0),
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
                    "file",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="record.file",
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
            ],
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
                    "file",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acknowledgements",
                        to="record.file",
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
            ],
        ),
        migrations.AddField(
            model_name="adjudication",
            name="claim",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="adjudications",
                to="record.claim",
            ),
        ),
        migrations.AddIndex(
            model_name="adjudication",
            index=models.Index(
                condition=models.Q(("claim__isnull", False)), fields=["claim"], name="adjudication_by_claim"
            ),
        ),
        migrations.AddField(
            model_name="claimbatch",
            name="file",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="claim_batches",
                to="record.file",
            ),
        ),
        migrations.AddField(
            model_name="claimbatch",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, to="people.organization"
            ),
        ),
        migrations.AddField(
            model_name="claim",
            name="batch",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="claim_rows",
                to="record.claimbatch",
            ),
        ),
        migrations.AddField(
            model_name="uncertain",
            name="adjudication",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="uncertain",
                to="record.adjudication",
            ),
        ),
        migrations.AddField(
            model_name="uncertain",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="people.organization",
            ),
        ),
        migrations.AddIndex(
            model_name="acknowledgement",
            index=models.Index(condition=models.Q(("claim__isnull", False)), fields=["claim"], name="ack_by_claim"),
        ),
        migrations.AddIndex(
            model_name="acknowledgement",
            index=models.Index(
                condition=models.Q(("number", ""), _negated=True),
                fields=["organization", "number"],
                name="ack_by_number",
            ),
        ),
        migrations.AddIndex(
            model_name="acknowledgement",
            index=models.Index(
                condition=models.Q(("interchange", ""), _negated=True),
                fields=["organization", "interchange"],
                name="ack_by_interchange",
            ),
        ),
        migrations.AddIndex(
            model_name="acknowledgement",
            index=models.Index(
                condition=models.Q(("group", ""), _negated=True), fields=["organization", "group"], name="ack_by_group"
            ),
        ),
        migrations.AddIndex(
            model_name="claimbatch",
            index=models.Index(fields=["file", "transaction"], name="batch_by_file"),
        ),
        migrations.AddIndex(
            model_name="claimbatch",
            index=models.Index(fields=["organization", "reference"], name="batch_by_reference"),
        ),
        migrations.AddIndex(
            model_name="claimbatch",
            index=models.Index(fields=["organization", "interchange"], name="batch_by_interchange"),
        ),
        migrations.AddIndex(
            model_name="claimbatch",
            index=models.Index(fields=["organization", "group", "control_number"], name="batch_by_group"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["batch", "position"], name="claim_by_batch"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["organization", "number"], name="claim_by_number"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["organization", "charge", "service_from"], name="claim_by_charge"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["organization", "member_id"], name="claim_by_member"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(fields=["organization", "procedure", "payer_key"], name="claim_by_procedure"),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("given_number", ""), _negated=True),
                fields=["organization", "given_number"],
                name="claim_by_given_number",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("payer_control_number", ""), _negated=True),
                fields=["organization", "payer_control_number"],
                name="claim_by_replaced_number",
            ),
        ),
        migrations.AddIndex(
            model_name="claim",
            index=models.Index(
                condition=models.Q(("original__isnull", False)), fields=["original"], name="claim_by_original"
            ),
        ),
        migrations.AddIndex(
            model_name="uncertain",
            index=models.Index(fields=["organization", "number"], name="uncertain_by_number"),
        ),
        migrations.AddIndex(
            model_name="uncertain",
            index=models.Index(fields=["organization", "charge", "service_from"], name="uncertain_by_charge"),
        ),
        migrations.AddIndex(
            model_name="uncertain",
            index=models.Index(fields=["organization", "doubt", "-id"], name="uncertain_by_doubt"),
        ),
    ]
