"""What was seen of each code is kept beside the sums."""

import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("insight", "0001_counted")]

    operations = [
        migrations.AddField(
            model_name="counted",
            name="codes",
            field=models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, null=True),
        ),
    ]
