"""Code sets by date, in plain words of our own."""
