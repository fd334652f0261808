"""National Provider Identifiers: ten digits, of which the last checks the others."""

_PREFIX = "80840"  # health, United States: counted into the check digit, never written


def is_npi(text: str) -> bool:
    """Whether this is a National Provider Identifier as one is written: ten digits with the right check digit.

    Source: CMS, "Requirements for National Provider Identifier (NPI) and NPI Check Digit".
    """
    return len(text) == 10 and text.isascii() and text.isdecimal() and check_digit(text[:9]) == text[9]


def check_digit(nine: str) -> str:
    """The tenth digit of an NPI: the Luhn digit (ISO/IEC 7812) of the nine, as if 80840 stood before them."""
    digits = _PREFIX + nine
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::-2])
    plain = sum(int(digit) for digit in digits[-2::-2])
    return str(-(doubled + plain) % 10)
