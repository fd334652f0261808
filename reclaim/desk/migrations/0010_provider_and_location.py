from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0009_unchecked_cases"),
        ("people", "0003_find_events"),
        ("record", "0003_payee"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="located",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="case",
            name="payee",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.AddField(
            model_name="case",
            name="provider",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["organization", "state", "provider", "-score", "-id"], name="case_by_provider"),
        ),
    ]
