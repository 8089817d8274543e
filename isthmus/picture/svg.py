"""A map as SVG: readable in a browser, light and dark, and in a README."""

from html import escape
from textwrap import shorten, wrap

from isthmus.picture.scene import Scene, Spot

WIDTH, MARGIN, BOX_WIDTH, LINE = 1000, 40, 230, 18
_PALETTE = ("#2a6f97", "#9c4a1a", "#3a7d44", "#6a4c93", "#8a6d00", "#9b2335")
_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:13px;fill:#1d2733}"
    ".title{font-size:20px;font-weight:600}.name{font-weight:600;fill:#fff;font-size:14px}.small{fill:#50606f;font-size:12px}"
    ".page{fill:#fbfcfd}.card{fill:#fff;stroke-width:1.5}.link{stroke:#8fa3b5;stroke-width:1.6;stroke-dasharray:5 4}"
)


def draw(scene: Scene) -> str:
    """The map as an SVG document."""
    tallest = max(len(s.lines) for s in scene.spots)
    box_height = 46 + LINE * (tallest + 1)
    body = max(380, (box_height + 24) * (len(scene.spots) + 1) // 2)
    clouds = sorted({s.cloud for s in scene.spots})
    colour = {c: _PALETTE[i % len(_PALETTE)] for i, c in enumerate(clouds)}
    corner = _apart(scene, body, box_height)
    notes = _notes(scene)
    bottom = max(y + _height(spot) for spot, (_, y) in ((s, corner[s.site]) for s in scene.spots))
    height = round(bottom + 40 + LINE * len(notes))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(scene.title)}</title><style>{_STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="10"/>',
        f'<text class="title" x="{MARGIN}" y="44">{escape(scene.title)}</text>',
    ]
    for tunnel in scene.tunnels:
        (ax, ay), (bx, by) = (
            (corner[s][0] + BOX_WIDTH / 2, corner[s][1] + box_height / 2) for s in (tunnel.a, tunnel.b)
        )
        parts.append(
            f'<line class="link" x1="{ax:.0f}" y1="{ay:.0f}" x2="{bx:.0f}" y2="{by:.0f}">'
            f"<title>{tunnel.a} to {tunnel.b}: {tunnel.encryption}</title></line>"
        )
    parts += [_card(spot, corner[spot.site], colour[spot.cloud]) for spot in scene.spots]
    for i, line in enumerate(notes):
        y = round(bottom + 40 + LINE * i)
        parts.append(f'<text class="small" x="{MARGIN}" y="{y}">{escape(line)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _apart(scene: Scene, body: float, box_height: float) -> dict[str, tuple[float, float]]:
    placed: dict[str, tuple[float, float]] = {}
    for spot in sorted(scene.spots, key=lambda s: (s.y, s.x)):
        x = MARGIN + spot.x * (WIDTH - 2 * MARGIN - BOX_WIDTH)
        y = 70 + spot.y * (body - box_height)
        while any(abs(x - px) < BOX_WIDTH + 16 and abs(y - py) < box_height + 16 for px, py in placed.values()):
            y += 8
        placed[spot.site] = (x, y)
    return placed


def _height(spot: Spot) -> float:
    return 46 + LINE * (len(spot.lines) + 1) - 3


def _notes(scene: Scene) -> list[str]:
    """What stands under the map, wrapped to its width."""
    return [part for label, text in scene.footer for part in wrap(f"{label}: {text}", 140)]


def _card(spot: Spot, corner: tuple[float, float], colour: str) -> str:
    x, y = corner
    height = _height(spot)
    title = escape(shorten(spot.title, 34, placeholder="…"))
    rows = [
        f'<rect class="card" x="{x:.0f}" y="{y:.0f}" width="{BOX_WIDTH}" height="{height}" rx="8" stroke="{colour}"/>',
        f'<path d="M{x:.0f} {y + 30:.0f}v-22a8 8 0 0 1 8-8h{BOX_WIDTH - 16}a8 8 0 0 1 8 8v22z" fill="{colour}"/>',
        f'<text class="name" x="{x + 12:.0f}" y="{y + 20:.0f}">{escape(spot.site)}</text>',
        f'<text class="small" x="{x + 12:.0f}" y="{y + 48:.0f}">{title}</text>',
        f'<text class="small" x="{x + BOX_WIDTH - 12:.0f}" y="{y + 20:.0f}" text-anchor="end" '
        f'style="fill:#fff">cloud {escape(spot.cloud)}</text>',
    ]
    rows += [
        f'<text x="{x + 12:.0f}" y="{y + 48 + LINE * (i + 1):.0f}">{escape(line)}</text>'
        for i, line in enumerate(spot.lines)
    ]
    return "\n".join(rows)
