"""Maps: every site is on them, no box covers another, and the SVG is well-formed."""

import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from isthmus.picture import svg, terminal
from isthmus.picture.scene import scene
from isthmus.resolve import load_resolved

SITES = Path(__file__).parents[2] / "sites"


@pytest.fixture(params=("itineris", "perugia", "cloudskin"))
def drawn(request):
    return scene(load_resolved(SITES / request.param))


def test_the_terminal_map_shows_every_site_whole(drawn):
    text = terminal.draw(drawn)
    for spot in drawn.spots:
        assert f" {spot.site} " in text
    assert text.count("┌") == text.count("┘") == len(drawn.spots)
    assert max(len(line) for line in text.splitlines()[: -len(drawn.footer)]) <= terminal.WIDTH


def test_the_svg_is_well_formed_and_names_every_site_and_tunnel(drawn):
    root = xml.fromstring(svg.draw(drawn))
    texts = [element.text for element in root.iter() if element.text]
    assert {s.site for s in drawn.spots} <= set(texts)
    assert sum(1 for e in root.iter() if e.tag.endswith("line")) == len(drawn.tunnels)


def test_cards_do_not_cover_each_other(drawn):
    root = xml.fromstring(svg.draw(drawn))
    cards = [
        tuple(float(e.get(k)) for k in ("x", "y", "width", "height")) for e in root.iter() if e.get("class") == "card"
    ]
    for i, (x, y, w, h) in enumerate(cards):
        for ox, oy, ow, oh in cards[i + 1 :]:
            assert x + w <= ox or ox + ow <= x or y + h <= oy or oy + oh <= y
