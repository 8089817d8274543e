"""isthmus check: everything that is wrong in a federation's files, at once."""

import argparse
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isthmus.check import Checked
    from isthmus.model.federation import Federation

HELP = "read a federation's files and its ledger, and name every mistake"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")


def run(options: argparse.Namespace) -> int:
    from datetime import date

    from isthmus.check import check_federation

    checked = check_federation(options.federation, today=date.today())
    failed = bool(checked.errors) or (options.strict and bool(checked.warnings))
    if options.json:
        print(json.dumps(as_json(checked), indent=2, ensure_ascii=False))
    else:
        for finding in checked.findings:
            print(finding)
        print(closing_line(checked))
    return 2 if failed else 0


def as_json(checked: "Checked") -> dict[str, Any]:
    """`ok`, the counts, and `findings`: each with code, file, line, column, message and hint."""
    findings = [
        {
            "code": f.code,
            "error": f.is_error,
            "file": f.where.file,
            "line": f.where.line,
            "column": f.where.column,
            "message": f.message,
            "hint": f.hint,
        }
        for f in checked.findings
    ]
    federation = checked.federation
    return {
        "federation": federation.name if federation else None,
        "ok": not checked.errors,
        "errors": len(checked.errors),
        "warnings": len(checked.warnings),
        "findings": findings,
    }


def closing_line(checked: "Checked") -> str:
    """`2 errors in 2 files. Nothing was changed.`, or what the federation holds."""
    if checked.errors:
        files = len({f.where.file for f in checked.errors})
        also = f", {_count(len(checked.warnings), 'warning')}" if checked.warnings else ""
        return f"{_count(len(checked.errors), 'error')} in {_count(files, 'file')}{also}. Nothing was changed."
    noted = f"no errors, {_count(len(checked.warnings), 'warning')}." if checked.warnings else "no errors."
    return f"{_contents(checked.federation)}, {noted}" if checked.federation else noted


def _contents(federation: "Federation") -> str:
    sites = federation.sites.values()
    counts = Counter(
        {
            "site": len(sites),
            "cloud": len(federation.shared.clouds),
            "gateway": sum(len(s.gateways) for s in sites),
            "node": sum(pool.count for s in sites for pool in s.nodes),
            "cluster": sum(len(s.kubernetes) for s in sites),
            "segment": len(federation.shared.overlay.segments),
            "tenant": len(federation.shared.tenants),
        }
    )
    return f"{federation.name}: " + ", ".join(_count(n, what) for what, n in counts.items())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
