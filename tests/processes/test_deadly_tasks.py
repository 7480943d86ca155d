"""A task that takes its process with it, and children of a process that is gone."""

from collections.abc import Callable

import psutil
from aiohttp import ClientSession

from databases import sqlite_url
from processes.books import CLAIMS_MAX, assert_sound, money_of
from processes.client import Client, new_request
from processes.crashing import Orders
from processes.installation import Installation
from processes.vendors import Vendors
