"""The reference page of the command line, from its parsers: `python -m isthmus.cli.reference` writes it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from isthmus.cli.main import _parser

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"

_OPENING = """\
# The command line

<!-- Written by python -m isthmus.cli.reference; edit the verbs in isthmus/cli instead. -->

`isthmus VERB [SITE...]`. A verb means the same everywhere. Results go to standard output; progress, notes and
failures go to standard error, so that `--json` can be piped.

| exit code | meaning |
| --- | --- |
| 0 | done; or there is nothing to do |
| 1 | failed: standard error says what, why and what to do next |
| 2 | bad input: the files or the words on the command line |
| 3 | changes are pending (`plan`, and whatever has `--dry-run`) |
| 4 | drift: something that should stand or run does not (`show --live`, `lab status`) |
| 130 | interrupted; run the same command again to finish |

Every verb takes these:
"""

_ENVIRONMENT = """\
## Environment

| variable | meaning |
| --- | --- |
| `ISTHMUS_FEDERATION` | the federation's folder, where `--federation` is not given |
| `ISTHMUS_ACCESS` | the access folder, where `--access` is not given |
| `ISTHMUS_STATE` | where boxes, journals and local states lie (default `~/.local/state/isthmus`) |
| `ISTHMUS_CACHE` | where built and downloaded parts lie (default `~/.cache/isthmus`) |
| `ISTHMUS_DEBUG` | when set, an error that isthmus does not know shows its traceback |
| `PULUMI_BACKEND_URL` | where the stacks' state of live sites lies (default: a folder below `ISTHMUS_STATE`) |
| `PULUMI_CONFIG_PASSPHRASE_FILE` | file with the passphrase of the stacks' secrets (or `PULUMI_CONFIG_PASSPHRASE`) |
"""


def page() -> str:
    """The page's text; the same whatever the width of the terminal and the version of Python."""
    parser = _parser()
    subparsers = _subparsers(parser)
    assert subparsers is not None
    common = {"-h", "--federation", "--json"}
    first = next(iter(subparsers.choices.values()))
    lines = [_OPENING, *_table([a for a in first._actions if common & set(a.option_strings)]), ""]
    for name, verb in subparsers.choices.items():
        lines += _verb(f"isthmus {name}", verb, common, level=2)
    return "\n".join([*lines, _ENVIRONMENT])


def _verb(called: str, parser: argparse.ArgumentParser, left_out: set[str], level: int) -> Iterator[str]:
    actions = [a for a in parser._actions if not left_out & set(a.option_strings)]
    below = _subparsers(parser)
    plain = [a for a in actions if a is not below]
    yield f"{'#' * level} {called}"
    yield ""
    yield _sentence(parser.description or "")
    yield ""
    if below is None:
        yield f"    {' '.join([called, *(_usage(a) for a in plain)])}"
        yield ""
    yield from _table(plain)
    if plain:
        yield ""
    if below is not None:
        helps = {choice.dest: choice.help or "" for choice in below._choices_actions}
        for name, verb in below.choices.items():
            verb.description = helps.get(name, "")
            yield from _verb(f"{called} {name}", verb, left_out, level + 1)


def _table(actions: list[argparse.Action]) -> Iterator[str]:
    if not actions:
        return
    yield "| argument | meaning |"
    yield "| --- | --- |"
    for action in actions:
        yield f"| `{_named(action)}` | {(action.help or '').replace('|', chr(92) + '|')} |"


def _named(action: argparse.Action) -> str:
    if not action.option_strings:
        return _value(action)
    value = f" {_value(action)}" if action.nargs != 0 else ""
    return ", ".join(action.option_strings) + value


def _usage(action: argparse.Action) -> str:
    if action.option_strings:
        return f"[{action.option_strings[-1]}{f' {_value(action)}' if action.nargs != 0 else ''}]"
    many = {"*": "[{}...]", "+": "{}...", "?": "[{}]"}
    return many.get(str(action.nargs), "{}").format(_value(action))


def _value(action: argparse.Action) -> str:
    if action.choices:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return str(action.metavar or action.dest.upper())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") or not text else ".")


def _subparsers(parser: argparse.ArgumentParser) -> "argparse._SubParsersAction[argparse.ArgumentParser] | None":
    found = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return found[0] if found else None


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
