"""Lighthouse's own verdict on pages: the npm package, pinned, in a folder of its own, with the system's Chromium.

Only scores and figures of a report are kept: its screenshots and texts are a hundred times as large and say the same.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from servers import BENCH

PACKAGE = BENCH / "lighthouse" / "package.json"
REPORTS = BENCH / "lighthouse" / "reports"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking"
INSTALLED_WITHIN_S = 120
JUDGED_WITHIN_S = 90


class CannotJudge(Exception):
    """Lighthouse cannot be had here; the message says why."""


def install(folder: Path) -> Path:
    """Put it into this folder. Raises CannotJudge."""
    npm = shutil.which("npm")
    if npm is None:
        raise CannotJudge("there is no npm")
    folder.mkdir()
    shutil.copy(PACKAGE, folder)
    done = subprocess.run(  # noqa: S603 - the program that was just found
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=INSTALLED_WITHIN_S,
    )
    if done.returncode:
        raise CannotJudge(done.stderr.strip()[-400:])
    return folder / "node_modules" / ".bin" / "lighthouse"


def judge(program: Path, url: str, folder: Path) -> dict[str, Any]:
    """Its report on a page, as on a phone with a slow line, cut down to scores and figures."""
    chromium = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")
    if chromium is None:
        raise CannotJudge("there is no Chromium: set CHROMIUM_PATH")
    path = folder / "report.json"
    wanted = ["--output=json", f"--output-path={path}", f"--only-categories={','.join(CATEGORIES)}"]
    subprocess.run(  # noqa: S603 - the pinned program
        [str(program), url, *wanted, f"--chrome-flags={FLAGS}", "--quiet"],
        check=True,
        capture_output=True,
        env={**os.environ, "CHROME_PATH": chromium},
        timeout=JUDGED_WITHIN_S,
    )
    return _figures(json.loads(path.read_text(encoding="utf-8")))


def keep(name: str, report: dict[str, Any]) -> None:
    """Keep a report beside the results."""
    REPORTS.mkdir(exist_ok=True)
    (REPORTS / f"{name}.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _figures(report: dict[str, Any]) -> dict[str, Any]:
    return {
        "lighthouseVersion": report["lighthouseVersion"],
        "fetchTime": report["fetchTime"],
        "page": report["finalDisplayedUrl"].split("/", 3)[-1],
        "formFactor": report["configSettings"]["formFactor"],
        "throttling": report["configSettings"]["throttling"],
        "categories": {name: report["categories"][name]["score"] for name in CATEGORIES},
        "audits": {
            name: {key: audit[key] for key in ("score", "numericValue", "numericUnit") if audit.get(key) is not None}
            for name, audit in report["audits"].items()
            if audit.get("score") is not None
        },
    }
