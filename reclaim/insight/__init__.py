"""What the record comes to: figures, trends, charts. Reads only; writes nothing but what it has counted."""
