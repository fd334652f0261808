"""`python -m bench.screenshot`: draw docs/images/read.svg, what `reclaim read samples` shows, from a real run."""

import io
import re
from contextlib import chdir
from datetime import date
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from reclaim import journey
from reclaim.rules.judged import Outcome
from reclaim.rules.report import Report
from reclaim.terminal import screen
from reclaim.terminal.rows import row
from reclaim.x12.sources import sources

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "images" / "read.svg"
CHOSEN = ("MEDICARE_PART_A_GREYMARSH_20261026.835", "20261016_harbor_mutual_ppo.835", "northclear_20261118.835")
TODAY = date(2026, 11, 23)
SHOWN = 6


def main() -> None:
    """Read some samples and draw the first denials."""
    with chdir(ROOT / "samples"):
        *outcomes, report = journey.read(sources(CHOSEN), TODAY, partial(row, show_patients=False))
    denials = sorted((each for each in outcomes if isinstance(each, Outcome)), key=lambda each: -each.score)
    console = Console(record=True, width=118, force_terminal=True, file=io.StringIO(), highlight=False)
    console.print(Text.assemble(("$ ", "bold green"), (f"reclaim read {' '.join(CHOSEN)}", "bold"), "\n"))
    if isinstance(report, Report):
        screen.files(console, report)
        screen.denials(console, [each.shown for each in denials[:SHOWN]], TODAY)
        screen.totals(console, report, SHOWN, len(denials))
    PICTURE.write_text(_offline(console.export_svg(title="reclaim read")), encoding="utf-8")


def _offline(svg: str) -> str:
    """The picture with the fonts of whoever looks at it: nothing is fetched."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


if __name__ == "__main__":
    main()
