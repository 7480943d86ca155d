"""The table in README.md: every promise with what was measured, from the results that are kept and nothing else."""

from pathlib import Path

from promises import PROMISES, Promise
from results import Result, read

README = Path(__file__).resolve().parent / "README.md"
BEGIN = "<!-- the table below is written by run.py -->"
END = "<!-- the table above is written by run.py -->"


def table() -> str:
    """The table in Markdown."""
    results = {promise.bench: read(promise.bench) for promise in PROMISES}
    head = [
        "| promise: what is measured, and against what | goal | measured: median (least to most) | kept |",
        "|---|--:|--:|---|",
    ]
    return "\n".join([*head, *(_row(promise, results[promise.bench]) for promise in PROMISES)])


def write_table() -> None:
    """Put the table into the README, in place of the one before."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    README.write_text(f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}", encoding="utf-8")


def _row(promise: Promise, result: Result | None) -> str:
    figures = {} if result is None else {figure.name: figure for figure in result.promised}
    figure = figures.get(promise.name)
    if figure is None:
        measured, verdict = "not measured yet", "?"
    else:
        measured = figure.shown
        verdict = "yes" if promise.kept(figure.median) else "**no**"
    goal = f"{'≥' if promise.bound == 'at least' else '≤'} {promise.limit:g} {promise.unit}"
    return f"| {promise.goal} | {goal} | {measured} | {verdict} |"
