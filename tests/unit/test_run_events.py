"""The engine's event stream: counted, quoted, and never written where it tells secrets."""

import io
import json
from typing import Any

from isthmus.run.events import Story


def told(*events: dict[str, Any]) -> tuple[Story, str]:
    log = io.StringIO()
    story = Story(lambda text: None, log)
    for event in events:
        story.line(json.dumps(event))
    return story, log.getvalue()


def test_debug_messages_carry_secrets_and_go_nowhere() -> None:
    story, log = told({"diagnosticEvent": {"severity": "debug", "message": 'password: "geheim"'}})
    assert "geheim" not in log + repr(story)


def test_steps_are_counted_and_errors_kept() -> None:
    step = {"metadata": {"op": "create", "urn": "urn:x::zone", "type": "t"}}
    story, log = told(
        {"resourcePreEvent": step},
        {"resOutputsEvent": step},
        {"diagnosticEvent": {"severity": "error", "urn": "urn:x::zone", "message": "it broke\n"}},
        {"diagnosticEvent": {"severity": "error", "message": "update failed"}},
        {"summaryEvent": {"resourceChanges": {"create": 1, "same": 4}}},
    )
    assert (story.seen, story.done, dict(story.changes)) == (1, 1, {"create": 1, "same": 4})
    assert [(t.resource, t.message) for t in story.troubles] == [("zone", "it broke")]
    assert "create urn:x::zone done" in log


def test_words_that_are_no_events_are_kept_for_the_error() -> None:
    log = io.StringIO()
    story = Story(lambda text: None, log)
    story.line("error: the stack is currently locked")
    story.words("warning: using pulumi-language-python from $PATH at /x")
    assert story.last_words == ["error: the stack is currently locked"]
