from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("record", "0006_claims"),
    ]

    operations = [
        migrations.AddField(model_name="claimbatch", name="received_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="claimbatch", name="rejected_on", field=models.DateField(null=True)),
        migrations.AddIndex(
            model_name="acknowledgement",
            index=models.Index(
                condition=models.Q(("reference", ""), _negated=True),
                fields=["organization", "reference"],
                name="ack_by_reference",
            ),
        ),
    ]
