"""Names of patients as people say them, and where not everybody needs them whole."""


def masked(patient: str) -> str:
    """A patient's initials, first name first: "DOE, JANE" to "J. D."; "" for nobody."""
    last, _, first = patient.partition(", ")
    return " ".join(f"{name[0]}." for name in (first, last) if name)


def turned(patient: str) -> str:
    """A patient's name as people say it: "DOE, JANE" to "Jane Doe"."""
    last, _, first = patient.partition(", ")
    said = f"{first} {last}".strip()
    return said.title() if said.isupper() else said
