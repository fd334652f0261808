"""The world: a made-up clinic group and its payers. Files as payers send them, and the truth about them apart."""
