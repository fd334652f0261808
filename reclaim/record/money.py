"""Money in the database: whole cents in a big integer, so that SQLite and PostgreSQL add it without a float."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

CENT = Decimal("0.01")


if TYPE_CHECKING:
    Field = models.Field[Any, Any]
else:
    Field = models.Field


class MoneyField(Field):
    """US dollars as `Decimal` with two places outside, cents inside. Sums and comparisons work in SQL."""

    def get_internal_type(self) -> str:
        """What the database holds: a big integer."""
        return "BigIntegerField"

    def from_db_value(
        self,
        value: int | None,
        expression: Expression,  # noqa: ARG002  Django's signature
        connection: BaseDatabaseWrapper,  # noqa: ARG002  the same
    ) -> Decimal | None:
        """Cents to dollars."""
        return None if value is None else dollars(int(value))

    def to_python(self, value: Any) -> Decimal | None:  # noqa: ANN401  whatever a form holds
        """Whatever a form or a fixture holds, in dollars."""
        return None if value in (None, "") else Decimal(str(value)).quantize(CENT)

    def get_prep_value(self, value: Any) -> int | None:  # noqa: ANN401  the same
        """Dollars to cents; amounts below a cent are an error of the program."""
        return None if value is None else cents(Decimal(str(value)))


def cents(amount: Decimal) -> int:
    """Dollars to whole cents.

    Raises:
        ValueError: the amount has parts of a cent.
    """
    whole = amount.scaleb(2)
    if whole != whole.to_integral_value():
        raise ValueError(f"{amount} has parts of a cent")
    return int(whole)


def dollars(amount: int) -> Decimal:
    """Whole cents to dollars with two places."""
    return Decimal(amount).scaleb(-2).quantize(CENT)
