"""A map in characters: boxes joined by broken lines. Colour is not used, so a copy in a mail reads the same."""

from isthmus.picture.scene import Scene, Spot

WIDTH, BOX = 100, 26


def draw(scene: Scene, width: int = WIDTH) -> str:
    """The map as text, at most `width` columns wide."""
    box_height = 3 + max(len(s.lines) for s in scene.spots)
    rows = max(16, (box_height + 1) * (len(scene.spots) + 1) // 2 + 3)
    canvas = [[" "] * width for _ in range(rows + box_height)]
    corner = {s.site: (round(s.x * (width - BOX - 1)), round(s.y * rows)) for s in scene.spots}
    corner = _apart(corner, box_height)
    canvas += [[" "] * width for _ in range(max(0, max(y for _, y in corner.values()) + box_height - len(canvas)))]
    middle = {site: (x + BOX // 2, y + box_height // 2) for site, (x, y) in corner.items()}
    for tunnel in scene.tunnels:
        _line(canvas, middle[tunnel.a], middle[tunnel.b])
    for spot in scene.spots:
        _box(canvas, corner[spot.site], spot, box_height)
    text = [scene.title, "", *("".join(row).rstrip() for row in canvas)]
    while text[-1] == "":
        text.pop()
    return "\n".join([*text, "", *(f"{label:<9} {words}" for label, words in scene.footer)])


def _apart(corner: dict[str, tuple[int, int]], height: int) -> dict[str, tuple[int, int]]:
    """Push boxes down until none covers another."""
    placed: dict[str, tuple[int, int]] = {}
    for site, (x, y) in sorted(corner.items(), key=lambda item: (item[1][1], item[1][0])):
        moved = y
        while any(abs(x - px) <= BOX and abs(moved - py) <= height for px, py in placed.values()):
            moved += 1
        placed[site] = (x, moved)
    return placed


def _line(canvas: list[list[str]], start: tuple[int, int], end: tuple[int, int]) -> None:
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1])) or 1
    for i in range(steps + 1):
        x = round(start[0] + (end[0] - start[0]) * i / steps)
        y = round(start[1] + (end[1] - start[1]) * i / steps)
        canvas[y][x] = "·"


def _box(canvas: list[list[str]], corner: tuple[int, int], spot: Spot, height: int) -> None:
    inside = BOX - 2
    rows = ["┌" + f" {spot.site} ".center(inside, "─") + "┐"]
    rows += ["│" + f" {line}"[:inside].ljust(inside) + "│" for line in (f"cloud {spot.cloud}", *spot.lines)]
    rows.append("└" + "─" * inside + "┘")
    for dy, row in enumerate(rows[:height]):
        for dx, character in enumerate(row):
            canvas[corner[1] + dy][corner[0] + dx] = character
