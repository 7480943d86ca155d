"""The command line as tests call it: in this process, with settings of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.command_line import Said, Shell
from apiinone.cli.program import run
