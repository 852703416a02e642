"""The generative figures of the covers: one family per year, drawn again from the number alone.

Constraints: pure, no clock, no global state; the same number gives the same bytes on every machine and Python,
so only `random()` of a generator seeded by the number is used (its sequence is promised by the standard library;
`shuffle`, `sample` and friends are not). Each figure fills a sheet of 600 × 800 and stays under about 9 KB, because a
cover is sent to telephones. Colours are presentation attributes: the pages' policy refuses `style`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, exp, hypot, pi, radians, sin
from random import Random

WIDTH, HEIGHT = 600, 800


@dataclass(frozen=True)
class Inks:
    """The sheet and the tints of its one ink: field, its shade, a middle tint, the face that takes the light, the line."""

    ground: str
    shade: str
    mid: str
    face: str
    light: str


Point = tuple[float, float]


def _n(value: float) -> str:
    """A coordinate with one decimal at most, without the zeros that only weigh."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _dots(points: list[Point], width: float, ink: str) -> str:
    """Round dots as strokes of no length: nine bytes a dot instead of a `<circle>`."""
    path = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in points)
    return f'<path d="{path}" stroke="{ink}" stroke-width="{_n(width)}" stroke-linecap="round"/>'


def constellations(rng: Random, inks: Inks) -> str:
    """A leaf of a star atlas: graticule around a pole, a milky way, stars of four magnitudes, a few joined up."""
    pole_x, pole_y = 170 + 260 * rng.random(), 330 + 130 * rng.random()
    parts = ['<g fill="none">']
    rings = "".join(
        f'<circle cx="{_n(pole_x)}" cy="{_n(pole_y)}" r="{r}"/>' for r in (62, 134, 206, 278, 350, 422, 494, 566)
    )
    rays = "".join(
        f"M{_n(pole_x + 62 * cos(radians(a)))} {_n(pole_y + 62 * sin(radians(a)))}"
        f"L{_n(pole_x + 800 * cos(radians(a)))} {_n(pole_y + 800 * sin(radians(a)))}"
        for a in range(0, 360, 15)
    )
    parts.append(f'<g stroke="{inks.mid}" stroke-opacity=".5" stroke-width=".9">{rings}<path d="{rays}"/></g>')
    parts.append(
        f'<circle cx="{_n(pole_x)}" cy="{_n(pole_y)}" r="282" stroke="{inks.mid}" stroke-opacity=".7"'
        ' stroke-width="7" stroke-dasharray="1 5.152"/>'
    )
    tilt = radians(20 + 50 * rng.random()) * (1 if rng.random() < 0.5 else -1)
    dust: list[Point] = []
    while len(dust) < 210:
        along = (rng.random() - 0.5) * 1100
        across = (rng.random() + rng.random() + rng.random() - 1.5) * 130
        x = 300 + along * cos(tilt) - across * sin(tilt)
        y = 400 + along * sin(tilt) + across * cos(tilt)
        if 0 < x < WIDTH and 0 < y < HEIGHT:
            dust.append((round(x), round(y)))
    parts.append(_dots(dust, 2.2, inks.mid))
    stars: list[Point] = []
    for _ in range(4000):
        star = (round(24 + 552 * rng.random()), round(60 + 680 * rng.random()))
        if all(hypot(star[0] - x, star[1] - y) > 46 for x, y in stars):
            stars.append(star)
        if len(stars) == 92:
            break
    chains = _chains(rng, stars)
    lines = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in chain) for chain in chains)
    parts.append(f'<path d="{lines}" stroke="{inks.light}" stroke-width="1.6" stroke-opacity=".9"/>')
    joined = {star for chain in chains for star in chain}
    parts.append(_dots([s for s in stars if s not in joined], 3.4, inks.light))
    ranked = sorted(joined)
    for rank, width in ((0, 9.0), (1, 12.5), (2, 7.0)):
        members = ranked[rank::3]
        parts.append(_dots(members, width + 9, inks.ground))
        parts.append(_dots(members, width, inks.light))
    bright = [chain[0] for chain in chains]
    halos = "".join(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="13"/>' for x, y in bright)
    parts.append(f'<g stroke="{inks.light}" stroke-width="1.2">{halos}</g></g>')
    return "".join(parts)


def _chains(rng: Random, stars: list[Point]) -> list[list[Point]]:
    """Join neighbours into figures of four to eight stars that never turn back sharply nor share a star."""
    free = set(stars)
    chains: list[list[Point]] = []
    for start in sorted(stars, key=lambda s: hypot(s[0] - 300, s[1] - 390)):
        if len(chains) == 6:
            break
        if start not in free:
            continue
        chain, want = [start], 4 + int(5 * rng.random())
        while len(chain) < want:
            x, y = chain[-1]
            choices = []
            for other in free - set(chain):
                far = hypot(other[0] - x, other[1] - y)
                if far > 105 or not 150 < other[1] < 600:
                    continue
                if len(chain) > 1:
                    px, py = chain[-2]
                    back = ((x - px) * (other[0] - x) + (y - py) * (other[1] - y)) / (far * hypot(x - px, y - py))
                    if back < 0.1:
                        continue
                choices.append((far, other))
            if not choices:
                break
            chain.append(min(choices)[1])
        if len(chain) >= 4:
            # Neighbours of a figure stay unjoined, so that figures keep air between them.
            free -= {s for s in free if any(hypot(s[0] - x, s[1] - y) < 60 for x, y in chain)}
            chains.append(chain)
    return chains


def truchet(rng: Random, inks: Inks) -> str:
    """Truchet's tiles: quarter turns that happen to meet, so that chance draws islands and meanders."""
    fill, arcs = [], []
    for row in range(11):
        for column in range(8):
            x, y = column * 2, row * 2  # the unit is half a tile
            falling = rng.random() < 0.5
            if falling:  # arcs around the top-left and bottom-right corners
                arcs.append(f"M{x + 1} {y}a1 1 0 0 1-1 1m1 1a1 1 0 0 1 1-1")
            else:
                arcs.append(f"M{x + 1} {y}a1 1 0 0 0 1 1m-2 0a1 1 0 0 1 1 1")
            # Corners alternate between two colours like a chessboard; the arcs part them.
            corner_inside = (row + column) % 2 == (0 if falling else 1)
            if corner_inside and falling:
                fill.append(f"M{x} {y}h1a1 1 0 0 1-1 1zm2 2v-1a1 1 0 0 0-1 1z")
            elif corner_inside:
                fill.append(f"M{x + 2} {y}v1a1 1 0 0 1-1-1zm-2 2h1a1 1 0 0 0-1-1z")
            elif falling:
                fill.append(f"M{x + 1} {y}h1v1a1 1 0 0 0-1 1h-1v-1a1 1 0 0 0 1-1z")
            else:
                fill.append(f"M{x} {y}h1a1 1 0 0 0 1 1v1h-1a1 1 0 0 0-1-1z")
    return (
        f'<g transform="scale(37.5)"><path d="{"".join(fill)}" fill="{inks.shade}" stroke="{inks.shade}"'
        f' stroke-width=".03"/><path d="{"".join(arcs)}" fill="none" stroke="{inks.light}" stroke-width=".5"/></g>'
    )


def lattices(rng: Random, inks: Inks) -> str:
    """Cubes piled in a corner (a plane partition): each number is another heap, lit from the same side."""
    n = 9
    heap = [sorted((int((n + 1) * rng.random() ** 0.8) for _ in range(n)), reverse=True) for _ in range(n)]
    for column in range(n):  # sorting the columns of sorted rows keeps the rows sorted
        for row, height in enumerate(sorted((line[column] for line in heap), reverse=True)):
            heap[row][column] = height
    top, left, right = [], [], []

    def at(i: int, j: int, k: int) -> str:
        # Axes: i falls to the left, j to the right, k rises; one unit is half a rhombus.
        return f"M{j - i} {i + j - 2 * k}"

    for i in range(n):
        for j in range(n):
            height = heap[i][j]
            top.append(f"{at(i, j, height)}l1 1-1 1-1-1z")
            ahead = heap[i + 1][j] if i + 1 < n else 0
            left.extend(f"{at(i + 1, j, k + 1)}l1 1v2l-1-1z" for k in range(ahead, height))
            beside = heap[i][j + 1] if j + 1 < n else 0
            right.extend(f"{at(i, j + 1, k + 1)}l-1 1v2l1-1z" for k in range(beside, height))
    walls_left = [f"{at(0, j, k + 1)}l1 1v2l-1-1z" for j in range(n) for k in range(heap[0][j], n)]
    walls_right = [f"{at(i, 0, k + 1)}l-1 1v2l1-1z" for i in range(n) for k in range(heap[i][0], n)]
    grid = "".join(f"M{x}-40V40" for x in range(-17, 18)) + "".join(
        f"M-17 {y}l34 34M-17 {y + 34}l34-34" for y in range(-54, 22, 2)
    )
    return (
        '<g transform="translate(300 400) scale(19 10.97)">'
        f'<path d="{grid}" fill="none" stroke="{inks.mid}" stroke-opacity=".35" stroke-width=".8"'
        ' vector-effect="non-scaling-stroke"/>'
        f'<path d="{"".join(walls_left + right)}" fill="{inks.shade}"/>'
        f'<path d="{"".join(walls_right + left)}" fill="{inks.mid}"/>'
        f'<path d="{"".join(top)}" fill="{inks.face}"/></g>'
    )


def waves(rng: Random, inks: Inks) -> str:
    """A sheet of parallel lines pushed by a few swells, like an engraver's sea."""
    swells = [
        (
            100 + 400 * rng.random(),
            300 + 260 * rng.random(),
            (34 + 34 * rng.random()) * (1 if rng.random() < 0.5 else -1),
            70 + 70 * rng.random(),
            60 + 60 * rng.random(),
        )
        for _ in range(5)
    ]
    phase, length = 2 * pi * rng.random(), 260 + 160 * rng.random()

    def height(x: float, y: float) -> float:
        push = 9 * sin(2 * pi * x / length + phase + y / 140)
        for cx, cy, force, wide, high in swells:
            push += force * exp(-(((x - cx) / wide) ** 2) - ((y - cy) / high) ** 2)
        return y + push

    lines = []
    for index in range(47):
        base = 8 + index * 17
        step = 60
        points = [(x, height(x, base)) for x in range(-step, WIDTH + 2 * step, step)]
        line = [f"M{_n(points[1][0])} {_n(points[1][1])}"]
        for k in range(1, len(points) - 2):
            (_x0, y0), (x1, y1), (x2, y2), (_, y3) = points[k - 1 : k + 3]
            if k == 1:
                line.append(f"C{_n(x1 + step / 3)} {round(y1 + (y2 - y0) / 6)} ")
            else:
                line.append("S")
            line.append(f"{_n(x2 - step / 3)} {round(y2 - (y3 - y1) / 6)} {_n(x2)} {round(y2)}")
        lines.append("".join(line))
    return f'<path d="{"".join(lines)}" fill="none" stroke="{inks.light}" stroke-width="5"/>'


FAMILIES: tuple[Callable[[Random, Inks], str], ...] = (constellations, truchet, lattices, waves)


def figure(number: int, year: int, inks: Inks) -> str:
    """The figure of an issue: the year chooses the family, the number everything else."""
    return FAMILIES[year % len(FAMILIES)](Random(number * 7919 + year), inks)  # noqa: S311
