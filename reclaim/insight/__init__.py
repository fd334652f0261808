"""What the record comes to: figures, trends, charts. Reads only."""
