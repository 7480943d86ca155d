"""The same request in four languages, ready to be copied. Pure."""

import json
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

KEY_HERE: Final = "aio_your_api_key"
DIRECT_SECONDS: Final = 60


class Sample(Struct, frozen=True):
    """A piece of code: `language` is its name for people, `key` its name in the page."""

    key: str
    language: str
    code: str


def create_samples(base_url: str, path: str, body: Mapping[str, object], *, direct: bool) -> tuple[Sample, ...]:
    """Send a body to a create route and, where it makes a task, wait for the task's end."""
    url = f"{base_url}{path}"
    text = json.dumps(body, ensure_ascii=False, indent=2)
    tasks = "" if direct else f"{base_url}/api/v1/tasks/"
    return (
        Sample("curl", "curl", _curl(url, text)),
        Sample("python", "Python", _python(url, body, tasks)),
        Sample("javascript", "JavaScript", _javascript(url, text, tasks)),
        Sample("go", "Go", _go(url, text, tasks)),
    )


def look_sample(base_url: str) -> Sample:
    """Ask how a task stands."""
    code = f'curl "{base_url}/api/v1/tasks/$TASK_ID?wait=20" \\\n  -H "Authorization: Bearer {KEY_HERE}"'
    return Sample("curl", "curl", code)


def _curl(url: str, body: str) -> str:
    quoted = body.replace("'", "'\\''")
    return (
        f"curl {url} \\\n"
        f'  -H "Authorization: Bearer {KEY_HERE}" \\\n'
        f'  -H "Content-Type: application/json" \\\n'
        f"  -d '{quoted}'"
    )


def _python(url: str, body: Mapping[str, object], tasks: str) -> str:
    lines = [
        "import requests",
        "",
        f'HEADERS = {{"Authorization": "Bearer {KEY_HERE}"}}',
        f"BODY = {_python_value(body)}",
        "",
        f'answer = requests.post("{url}", json=BODY, headers=HEADERS, timeout={DIRECT_SECONDS})',
        "answer.raise_for_status()",
    ]
    if not tasks:
        return "\n".join([*lines, "", 'print(answer.json()["choices"][0]["message"]["content"])'])
    return "\n".join(
        [
            *lines,
            'task = answer.json()["data"]',
            "",
            'while task["status"] == "IN_PROGRESS":',
            f"    url = f\"{tasks}{{task['task_id']}}?wait=20\"",
            '    task = requests.get(url, headers=HEADERS, timeout=60).json()["data"]',
            "",
            'print(task["status"], task["response"])',
        ]
    )


def _javascript(url: str, body: str, tasks: str) -> str:
    lines = [
        "const headers = {",
        f'  "Authorization": "Bearer {KEY_HERE}",',
        '  "Content-Type": "application/json",',
        "};",
        f"const body = {body};",
        "",
        f'const answer = await fetch("{url}", {{',
        '  method: "POST", headers, body: JSON.stringify(body),',
        "});",
        "if (!answer.ok) throw new Error(await answer.text());",
    ]
    if not tasks:
        return "\n".join([*lines, "const chat = await answer.json();", "console.log(chat.choices[0].message.content);"])
    return "\n".join(
        [
            *lines,
            "let task = (await answer.json()).data;",
            "",
            'while (task.status === "IN_PROGRESS") {',
            f"  const look = await fetch(`{tasks}${{task.task_id}}?wait=20`, {{ headers }});",
            "  task = (await look.json()).data;",
            "}",
            "console.log(task.status, task.response);",
        ]
    )


def _go(url: str, body: str, tasks: str) -> str:
    parts = body.split("`")
    raw = ' + "`" + '.join(f"`{part}`" for part in parts)
    head = f"""package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

func send(method, url, body string, into any) {{
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {{
		panic(err)
	}}
	request.Header.Set("Authorization", "Bearer {KEY_HERE}")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {{
		panic(err)
	}}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {{
		panic(string(data))
	}}
	if err := json.Unmarshal(data, into); err != nil {{
		panic(err)
	}}
}}

const body = {raw}

func main() {{
"""
    if not tasks:
        rest = f"""	var chat struct {{
		Choices []struct{{ Message struct{{ Content string }} }}
	}}
	send("POST", "{url}", body, &chat)
	fmt.Println(chat.Choices[0].Message.Content)
}}"""
        return head + rest
    rest = f"""	var task struct {{
		Data struct {{
			TaskID   string `json:"task_id"`
			Status   string
			Response []string
		}}
	}}
	send("POST", "{url}", body, &task)
	for task.Data.Status == "IN_PROGRESS" {{
		send("GET", "{tasks}"+task.Data.TaskID+"?wait=20", "", &task)
	}}
	fmt.Println(task.Data.Status, task.Data.Response)
}}"""
    return head + rest


def _python_value(value: object, depth: int = 0) -> str:
    """A literal as Python writes it, one line for each field of an object."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, Mapping):
        fields = (f"{inner}{_python_value(key)}: {_python_value(part, depth + 1)},\n" for key, part in value.items())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        return "{\n" + "".join(fields) + outer + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_python_value(part, depth) for part in value) + "]"  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
