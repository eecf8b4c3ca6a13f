"""Damage files of every format and convert them: nothing may crash, leak, hang or stay.

    python -m tests.fuzz.assets [--count 2000] [--seed 1] [--only NUMBER] [--keep FOLDER]

A run is the same for the same seed. The file of each fault is kept, made by as few damages as
show it; `--only` tries one case again.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests.fuzz import canary
from tests.fuzz.cases import Case, case
from tests.fuzz.judge import BATCH, Judge, Verdict, Watch, faults_of_all, load_readers
from tests.fuzz.sample import Sample
from tests.fuzz.samples import samples


def main() -> int:
    given = _arguments()
    console = Console()
    with _workplace() as folder:
        load_readers()
        judge = Judge(folder, Watch(folder))
        healthy = list(samples())
        start = time.monotonic()
        numbers = [given.only] if given.only is not None else list(range(given.count))
        verdicts, at_large = _try_all(judge, healthy, given.seed, numbers, console)
        faulty = [verdict for verdict in verdicts if verdict.faults]
        console.print(_table(verdicts))
        for verdict in faulty:
            _report(console, verdict, _keep(judge, healthy, given.seed, verdict, given.keep))
        for fault in at_large:
            console.print(f"[red]{fault}[/]", soft_wrap=True)
        seconds = time.monotonic() - start
    wrong = len(faulty) + len(at_large)
    profiles = sorted({profile for verdict in verdicts for profile in verdict.profiles})
    print(
        f"fuzz-assets: cases={len(verdicts)} formats={len({v.case.ending for v in verdicts})}"
        f" profiles={'+'.join(profiles)} seed={given.seed} faults={wrong} seconds={seconds:.0f}"
    )
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="the number of the one case to try")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="for faulty files")
    return parser.parse_args()


@contextmanager
def _workplace() -> Iterator[Path]:
    """A folder to work in, and the canary outside of it."""
    canary.PATH.parent.mkdir(exist_ok=True)
    canary.PATH.write_bytes(canary.WORDS)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    (folder / "tmp").mkdir()
    tempfile.tempdir = str(folder / "tmp")  # where nobody else leaves anything
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")  # what builds remember is no user's
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(canary.PATH.parent, ignore_errors=True)


def _try_all(
    judge: Judge, healthy: list[Sample], seed: int, numbers: list[int], console: Console
) -> tuple[list[Verdict], list[str]]:
    verdicts: list[Verdict] = []
    at_large: list[str] = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        shown = progress.add_task("damaged files", total=len(numbers))
        for at in range(0, len(numbers), BATCH):
            cases = [case(healthy, seed, number) for number in numbers[at : at + BATCH]]
            verdicts += judge.judge(cases)
            at_large += faults_of_all(judge.watch)
            faults = sum(bool(verdict.faults) for verdict in verdicts) + len(at_large)
            progress.update(shown, advance=len(cases), description=f"{faults} faults")
    return verdicts, at_large


def _table(verdicts: list[Verdict]) -> Table:
    """Damages by outcomes."""
    counts = Counter(
        (damage, verdict.outcome)
        for verdict in verdicts
        for damage in verdict.case.damages or ("none",)
    )
    outcomes = sorted({outcome for _, outcome in counts})
    table = Table("damage", *outcomes, box=None)
    for damage in sorted({damage for damage, _ in counts}):
        table.add_row(damage, *(str(counts[damage, outcome] or "") for outcome in outcomes))
    total = Counter(verdict.outcome for verdict in verdicts)
    table.add_row("[bold]files[/]", *(f"[bold]{total[outcome]}[/]" for outcome in outcomes))
    return table


def _keep(judge: Judge, healthy: list[Sample], seed: int, verdict: Verdict, folder: Path) -> Path:
    """The smallest form of the case that is still at fault, as a file."""
    least: Case = verdict.case
    for steps in range(1, len(verdict.case.damages)):
        tried = case(healthy, seed, verdict.case.number, steps)
        if any(again.faults for again in judge.judge([tried])):
            least = tried
            break
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"seed{seed}-{least.name}"
    path.write_bytes(least.content)
    return path


def _report(console: Console, verdict: Verdict, kept: Path) -> None:
    made = f"{verdict.case.sample}: {', '.join(verdict.case.damages)}"
    console.print(f"[red]case {verdict.case.number}[/] {made} → {kept}", soft_wrap=True)
    for fault in verdict.faults:
        console.print(f"  {ascii(fault)[:600]}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
