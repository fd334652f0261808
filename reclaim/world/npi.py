"""Numbers that identify providers and taxpayers, made so that nobody can hold them."""

from reclaim.codes.npi import check_digit

_FIRST = 2
_TAX_PREFIX = "89"


def npi(number: int) -> str:
    """A National Provider Identifier with a valid check digit that nobody holds.

    It begins with 2. The specification keeps 1 and 2 as first digits for NPIs (final rule, 69 FR 3434, 2004-01-23), and
    every one in the public registry (NPPES) begins with 1.

    Args:
        number: From 0 to 99,999,999; another number gives another NPI.

    Returns:
        Ten digits: nine, and their Luhn digit as if 80840 stood before them (CMS, "Requirements for NPI Check Digit").
    """
    if not 0 <= number < 10**8:
        raise ValueError(f"an NPI has room for numbers from 0 to 99,999,999, not {number}")
    digits = f"{_FIRST}{number:08d}"
    return digits + check_digit(digits)


def tax_id(number: int) -> str:
    """An employer identification number that nobody holds: the IRS gives out none with prefix 89.

    (00, 07, 08, 09, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96 and 97 are not in its list of valid prefixes:
    irs.gov, "How EINs are assigned and valid EIN prefixes".)

    Args:
        number: From 0 to 9,999,999; another number gives another one.

    Returns:
        Nine digits without a hyphen, as X12 wants them (REF*EI, REF*TJ).
    """
    if not 0 <= number < 10**7:
        raise ValueError(f"an employer identification number has room for numbers from 0 to 9,999,999, not {number}")
    return f"{_TAX_PREFIX}{number:07d}"
