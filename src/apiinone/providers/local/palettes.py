"""The curated palettes, by the mood they are for."""

from collections.abc import Mapping

from apiinone.providers.local.palette import Palette, derived
from apiinone.providers.local.pen import Dice
from apiinone.providers.local.reading import Reading
from apiinone.providers.local.stage import Terrain


def _palette(name: str, paper_ink: str, sky: str, land: str, rest: str) -> Palette:
    """Read one row: paper and ink; sky from the top; land from afar; sun, water, leaf and the accents."""
    paper, ink = paper_ink.split()
    sun, water, leaf, *accents = rest.split()
    return Palette(
        name=name,
        paper=paper,
        inks=(ink,),
        sky=tuple(sky.split()),
        land=tuple(land.split()),
        sun=sun,
        water=water,
        leaf=leaf,
        accents=tuple(accents),
    )


PALETTES = {
    row[0]: _palette(*row)
    for row in (
        # name, paper and ink, sky, land, sun water leaf accents…
        ("ink", "#fbf8f2 #1f2a37", "#e9ecec #f3f2ee #fbf8f2", "#cfd6da #8b99a5 #1f2a37",
         "#ffffff #c6d0d6 #3a4a58 #c8553d #1f2a37 #8b99a5 #e3d9c6"),
        ("ink at night", "#141a2e #efe7d6", "#0c1226 #1b2547 #35436f", "#39487a #212c55 #0b1024",
         "#f3ead2 #2a386b #141d3c #e9b872 #7f93c9 #35436f #efe7d6"),
        ("daylight", "#f8fafa #1c3b4a", "#7fbbe0 #bfdfee #f3f4ea", "#a9cbd9 #5d94a9 #1c4b5c",
         "#fff4d2 #8fc2d6 #2c6a5c #f2a65a #e4572e #3d7ea6 #f6d8ae"),
        ("sunrise", "#fdf6ef #3a3f63", "#8fb8de #f1cfc4 #fde8cc", "#dcb7b5 #8c86a8 #333f66",
         "#fff6dc #d9b7bd #39466b #f0917a #f6c28b #8c86a8 #5f6ea0"),
        ("sunset", "#fff4ea #45203f", "#40305f #b04a6c #f28a5c #fcd28c", "#d0677c #77396f #231a3c",
         "#fff1c4 #9a4a72 #1d1533 #f28a5c #b04a6c #fcd28c #5b3a78"),
        ("night", "#11172c #e9e2cf", "#0a1028 #17224c #3a4b82", "#40518a #202c5a #090e22",
         "#f6efd4 #2a386f #0d1730 #f6d58a #6f86c9 #b9a6e0 #35467c"),
        ("forest", "#f7f8ef #17382f", "#bfdccb #e0ecd8 #f8f5e2", "#a9cbb0 #4f8a6b #143a31",
         "#fff6d6 #a3ccc0 #1b4a39 #d9a441 #4f8a6b #c8663f #e8e3c4"),
        ("ocean", "#f5fafa #0e3a52", "#74c2db #bde3e6 #fbefd8", "#86bcc6 #2b7c92 #0d3a54",
         "#fff3cf #4ea6b8 #1c6b6a #ff8a65 #ffc75c #2b7c92 #f5e3c0"),
        ("desert", "#fdf4e6 #5a2a24", "#f0ae78 #f6cf9c #fcebcc", "#eab27c #cb7043 #6b2e2a",
         "#fff6db #d99a68 #5f7350 #cb7043 #f0ae78 #7a9e8e #6b2e2a"),
        ("winter", "#f7f9fb #2c405c", "#a9c3de #d3e1ec #f6f7f8", "#d3deea #8ea8c3 #34506f",
         "#fffaf0 #b9d0e0 #3b5a72 #d9686a #8ea8c3 #f2c9a1 #34506f"),
        ("autumn", "#fcf6ea #4a2a1c", "#f0cf98 #f7e3bd #fcf3df", "#e3b57a #b9652f #4c2a1f",
         "#fffbe8 #d5a878 #a8431f #d9822b #a8431f #e8b84a #6c7a4a"),
        ("blossom", "#fdf6f4 #4a3f5f", "#f6cbd8 #fae3e4 #fdf5ec", "#e7b9c7 #a888a8 #49446a",
         "#fffdf2 #d3b9cf #e07f9d #f4a3b5 #e07f9d #9fc3a8 #f8d9a8"),
        ("charcoal", "#fafaf7 #1c1c1e", "#e4e4e1 #efefec #fafaf7", "#cfcfcb #7d7d7c #1e1e20",
         "#ffffff #bdbdba #39393b #1c1c1e #6c6c6e #a9a9a8 #dededb"),
        ("pastel", "#fffaf6 #474777", "#bfd2f6 #e6d8f2 #fdeee6", "#d6ccee #a7a3d6 #6668a6",
         "#fffbe6 #b9c9ee #7f8fc0 #f5a3a3 #f9cf9c #a5d3c1 #b3b8ee"),
        ("neon", "#12082b #6df2ff", "#0d0524 #2f0d58 #9a1f84 #f5467e", "#6a2590 #2d1157 #0a0318",
         "#ffe36e #43188a #160735 #ff3e9d #22e1ff #ffe04a #8a5bff"),
        ("retro", "#f7ecd6 #22343a", "#f0d9ae #f2dfba #f7ecd2", "#e3a868 #c25a35 #23484b",
         "#d9512c #d9b483 #2f7d78 #d9512c #e9a13b #2f7d78 #8c3b2a"),
        ("earth", "#faf5ec #3a2e24", "#e5d6c0 #efe5d6 #f9f3e9", "#d8c2a3 #9c7f5f #45362a",
         "#fffaf0 #c9b79d #6f7a57 #b5653a #7d8a63 #d9a66b #55493c"),
        ("candy", "#fff7f8 #4b2a63", "#a7c7f9 #d9c3f7 #ffe0e6", "#d7b4f0 #a06bd1 #4b2a7a",
         "#fff6c9 #b8b6f2 #6a48a8 #ff6f91 #ffc75f #845ec2 #4fd3c4"),
        ("jade", "#f6fbf8 #0d3b3a", "#a8dccb #d3eee2 #f6fbf0", "#a4d6c5 #3f9d8a #0f4a49",
         "#fff7cf #8ecfbd #14665c #12a886 #ffb44d #ff7a59 #2f6fed"),
        ("apricot", "#fff8ef #53302a", "#f9c89b #fbdcb9 #fff1dc", "#f3b487 #d9724f #5f2c2c",
         "#fffbe6 #eab793 #7a6a3c #e8613c #f6a945 #fbdcb9 #7d8f55"),
        ("mars", "#fdf1e8 #571f1c", "#c9764f #e3a277 #f6d5ae", "#d98a5f #a5472f #43191c",
         "#fff3d9 #b8603f #6b2a22 #e5763f #f2b279 #8c3a2c #f6d5ae"),
        ("meadow", "#f8faee #27412b", "#a9d8ea #d8edec #f8f6e2", "#c5dba4 #7fb069 #2c5f45",
         "#fff5d0 #9fd0d4 #2f6b4a #f2a65a #e4572e #7fb069 #f6d8ae"),
        ("mist", "#f8f8f6 #35434c", "#c9d3d6 #dfe5e4 #f4f4ef", "#cdd6d8 #93a4a9 #42555e",
         "#fffdf4 #bccacd #4d6064 #93a4a9 #d8b08c #6f8f95 #e6dccb"),
    )
}  # fmt: skip
"""By name. `ink` is for line art that asks for nothing else."""

BY_TIME = {"sunset": "sunset", "sunrise": "sunrise", "night": "night"}
BY_SEASON = {"winter": "winter", "autumn": "autumn", "spring": "blossom"}
BY_TERRAIN: Mapping[Terrain, tuple[str, ...]] = {
    "desert": ("desert",),
    "sea": ("ocean",),
    "forest": ("forest",),
    "hills": ("meadow",),
    "city": ("daylight", "sunrise", "mist"),
    "lake": ("daylight", "sunrise"),
    "mountains": ("daylight", "mist", "sunrise"),
}
"""In order: the first place that is in the picture decides."""
ANYTHING = ("sunset", "jade", "retro", "candy", "ocean", "apricot", "sunrise", "blossom", "forest")


def palette_for(reading: Reading, dice: Dice) -> Palette:
    """Colours that were asked for, else a palette by word, time, season, mood or place, else one by chance."""
    if reading.colours or reading.background:
        return derived(reading.colours, reading.background)
    return PALETTES[_name_for(reading, dice)]


def _name_for(reading: Reading, dice: Dice) -> str:
    scenery = reading.scenery
    chance = dice.pick(ANYTHING)
    snowy = "winter" if scenery.wants("snow") and "mountains" not in scenery.terrains else scenery.season
    if reading.palettes:
        return reading.palettes[0]
    if reading.style == "line art" and scenery.time == "night":
        return "ink at night"
    for name in (BY_TIME.get(scenery.time), BY_SEASON.get(snowy), *reading.moods):
        if name is not None:
            return name
    if reading.style == "line art":
        return "ink"
    if reading.subject == "landscape":
        return dice.pick(next(names for terrain, names in BY_TERRAIN.items() if terrain in scenery.terrains))
    return chance
