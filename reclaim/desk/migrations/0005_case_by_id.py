from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0004_prefixes")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["organization", "state", "id"], name="case_by_id"),
        ),
    ]
