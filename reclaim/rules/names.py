"""Names of patients where not everybody needs them whole."""


def masked(patient: str) -> str:
    """A patient's initials, first name first: "DOE, JANE" to "J. D."; "" for nobody."""
    last, _, first = patient.partition(", ")
    return " ".join(f"{name[0]}." for name in (first, last) if name)
