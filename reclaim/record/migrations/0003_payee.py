from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("record", "0002_denied_lines"),
    ]

    operations = [
        migrations.AddField(
            model_name="remittance",
            name="payee",
            field=models.CharField(db_default="", max_length=10),
        ),
    ]
