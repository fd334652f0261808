"""The lake: Parquet parts, one per inbound file, for looking; derived, without names of patients."""
