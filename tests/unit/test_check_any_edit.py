"""Whatever somebody does to a good federation, `check` answers with findings or is content; it never fails."""

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isthmus.check import check_federation
from isthmus.load.codes import CODES

BASE = Path(__file__).parent.parent / "golden" / "base"
FILES = {
    str(path.relative_to(BASE)): path.read_text(encoding="utf-8")
    for path in sorted(BASE.rglob("*"))
    if path.is_file() and "ledger" not in path.parts
}
VALUES = (
    *("alpha", "gamma", "nobody", "k8s-alpha", "workers", "gpu", "storage", "none", "openstack", "tree", "mesh"),
    *("0", "-1", "3", "402", "65536", "99999999999999999999", "1.5", "yes", "true", "null", "''", "~", "0x10"),
    *("[]", "{}", "[alpha]", "[[alpha, beta]]", "{name: x}", "[{name: x}]", "[1, [2]]", "&a x", "*a", "!!int 3"),
    *("10.0.0.0/8", "::/0", "0.0.0.0/0", "2001:db8::/127", "192.0.2.1/32", "fd00::1", "10.64.0.1", "255.255.255.255"),
    *("1TB", "0B", "4 x H100", "3 x 1g.10gb", "2 x A30", "https://[::1]", "http://x", "CHANGEME", "2027-02-30"),
    *("'a: b'", '"\\u0000"', "x" * 500, "{fix}", "%s", "é", "|", ">", "- x", "a: b", "'", "[", "}", "\t", "@"),
)
NUMBER_OF_LINES = max(text.count("\n") for text in FILES.values())
EDITS = st.lists(
    st.tuples(
        st.sampled_from(sorted(FILES)),
        st.integers(0, NUMBER_OF_LINES),
        st.sampled_from(["value", "delete", "double", "indent", "key"]),
        st.integers(0, 12),
        st.sampled_from(VALUES),
    ),
    min_size=1,
    max_size=4,
)
SCALAR = re.compile(r"(?<=[:\[,] )[^\[\]{},]+|(?<=\[)[^\[\]{},]+|\[[^\[\]]*\]")
KEY = re.compile(r"[a-z_]+(?=:)")


def edited(text: str, at: int, how: str, which: int, value: str) -> str:
    lines = text.split("\n")
    at %= len(lines)
    line = lines[at]
    if how == "delete":
        del lines[at]
    elif how == "double":
        lines.insert(at, line)
    elif how == "indent":
        lines[at] = " " * which + line.lstrip()
    else:
        places = list((SCALAR if how == "value" else KEY).finditer(line))
        if places:
            place = places[which % len(places)]
            lines[at] = line[: place.start()] + value + line[place.end() :]
    return "\n".join(lines)


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_any_edit_is_answered(edits: list[tuple[str, int, str, int, str]], tmp_path: Path) -> None:
    texts = dict(FILES)
    for name, at, how, which, value in edits:
        texts[name] = edited(texts[name], at, how, which, value)
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for finding in check_federation(tmp_path).findings:
        if finding.code.startswith("E3"):
            continue
        assert finding.code in CODES
        assert finding.where.line <= texts[str(Path(finding.where.file).relative_to(tmp_path))].count("\n") + 1
        assert finding.message and "\n" not in finding.message
        assert len(str(finding)) < 600
