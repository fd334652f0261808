"""Logs without patient data: an error shows where it happened and its kind, not the values it tells of."""

import logging
import traceback
from types import TracebackType

ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Quiet(logging.Formatter):
    """One line for an entry; for an error, its places and kinds.

    The text of an error may quote a row ("Key (patient)=(DOE, JANE) already exists"), so only our own errors, which
    never do, and those of the operating system keep theirs.
    """

    def __init__(self, *, telling: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.telling = telling

    def formatException(self, ei: ErrorInfo) -> str:  # noqa: N802  logging's name
        """The places and kinds of an error and of those behind it."""
        error = ei[1]
        if self.telling or error is None:
            return super().formatException(ei)
        lines = []
        while error is not None:
            lines += [line.rstrip() for line in traceback.format_tb(error.__traceback__)]
            lines.append(_named(error))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


def _named(error: BaseException) -> str:
    kind = type(error)
    ours = kind.__module__.split(".")[0] == "reclaim" or isinstance(error, OSError)
    return f"{kind.__module__}.{kind.__qualname__}" + (f": {error}" if ours else "")
