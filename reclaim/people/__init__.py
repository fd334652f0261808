"""People: organizations, users, roles, access, events, secrets."""
