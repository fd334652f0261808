import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0008_lighter_cases"),
        ("people", "0003_find_events"),
        ("record", "0004_unchecked_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="case",
            name="case_by_work",
        ),
        migrations.AlterField(
            model_name="case",
            name="denial",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="record.adjudication",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="first",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="record.adjudication",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="latest",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="record.adjudication",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="people.organization",
            ),
        ),
        migrations.AlterField(
            model_name="case",
            name="payer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to="record.payer",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("worked_at__isnull", False)),
                fields=["organization", "state", "worked_at", "id"],
                name="case_by_work",
            ),
        ),
    ]
