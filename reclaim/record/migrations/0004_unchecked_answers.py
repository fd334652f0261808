import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_find_events"),
        ("record", "0003_payee"),
    ]

    operations = [
        migrations.AlterField(
            model_name="adjudication",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="people.organization",
            ),
        ),
        migrations.AlterField(
            model_name="adjudication",
            name="remittance",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="adjudications",
                to="record.remittance",
            ),
        ),
        migrations.AlterField(
            model_name="deniedline",
            name="adjudication",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="denied_lines",
                to="record.adjudication",
            ),
        ),
        migrations.AlterField(
            model_name="deniedline",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="people.organization",
            ),
        ),
    ]
