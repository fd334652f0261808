from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("record", "0006_claims"),
    ]

    operations = [
        migrations.AddField(model_name="claimbatch", name="received_on", field=models.DateField(null=True)),
        migrations.AddField(model_name="claimbatch", name="rejected_on", field=models.DateField(null=True)),
    ]
