"""What is denied, why, what to do and by when: frozen facts in, findings with reason and source out."""
