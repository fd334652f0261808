import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Counted",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stamp", models.CharField(max_length=80)),
                ("at", models.DateTimeField()),
                ("sums", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("codes", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True)),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="counted", to="people.organization"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "counted",
            },
        ),
    ]
