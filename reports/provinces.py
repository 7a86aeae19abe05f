"""A map of Indonesia: one tile for each province, each about where the province lies.

Drawn for this portal; nothing of it is taken from a map of others.
"""

from dataclasses import dataclass

from employees.provinces import PROVINCES

#: Province code → (column, row, short name).
TILES: dict[str, tuple[int, int, str]] = {
    "11": (0, 0, "Aceh"), "12": (1, 1, "Sumut"), "13": (1, 2, "Sumbar"), "14": (2, 2, "Riau"),
    "21": (3, 1, "Kepri"), "17": (1, 3, "Bengkulu"), "15": (2, 3, "Jambi"), "19": (3, 3, "Babel"),
    "16": (2, 4, "Sumsel"), "18": (2, 5, "Lampung"),
    "36": (3, 6, "Banten"), "31": (4, 5, "DKI"), "32": (4, 6, "Jabar"), "33": (5, 6, "Jateng"),
    "34": (5, 7, "DIY"), "35": (6, 6, "Jatim"), "51": (7, 6, "Bali"), "52": (8, 6, "NTB"), "53": (9, 6, "NTT"),
    "61": (5, 2, "Kalbar"), "62": (5, 3, "Kalteng"), "63": (6, 3, "Kalsel"), "64": (6, 2, "Kaltim"),
    "65": (6, 1, "Kaltara"),
    "75": (9, 1, "Gorontalo"), "71": (10, 1, "Sulut"), "72": (9, 2, "Sulteng"), "76": (8, 3, "Sulbar"),
    "73": (8, 4, "Sulsel"), "74": (9, 3, "Sultra"),
    "82": (11, 1, "Malut"), "81": (11, 3, "Maluku"),
    "96": (12, 2, "PBD"), "92": (13, 2, "Pabar"), "91": (14, 2, "Papua"), "94": (13, 3, "Pateng"),
    "95": (14, 3, "Papeg"), "93": (14, 4, "Pasel"),
}  # fmt: skip
#: Size of a tile and the room between two, in units of the drawing.
SIDE, GAP = 62, 6
WIDTH = max(column for column, _row, _name in TILES.values()) * (SIDE + GAP) + SIDE
HEIGHT = max(row for _column, row, _name in TILES.values()) * (SIDE + GAP) + SIDE
#: From this column on a tile lies in the eastern half: beside the western on a desktop, below it on a phone.
EAST = 8
EAST_X = EAST * (SIDE + GAP)
#: Lower bounds of the shades from the second on, in percent.
SHADES = (20, 30, 40, 50)


@dataclass(frozen=True)
class Tile:
    """A province on the map."""

    code: str
    name: str
    short: str
    x: int
    y: int
    #: 0 (least) to 4; -1 without a value.
    shade: int
    #: The value as it is written; empty without one.
    value: str
    words: str
    url: str = ""

    @property
    def middle(self) -> int:
        return self.x + SIDE // 2

    @property
    def name_y(self) -> int:
        return self.y + 25

    @property
    def value_y(self) -> int:
        return self.y + 46


def shade(share: float | None) -> int:
    """Which of the five shades a share (0 to 1) has; -1 for none."""
    return -1 if share is None else sum(share * 100 >= bound for bound in SHADES)


def place(code: str) -> tuple[int, int, str, str]:
    """Left and upper edge of a province's tile, its short and its full name."""
    column, row, short = TILES[code]
    return column * (SIDE + GAP), row * (SIDE + GAP), short, PROVINCES[code]
