"""What a shot is: its look (the words of the caption) and its staging (everything the caption does not say)."""
from __future__ import annotations

import random
from dataclasses import asdict, dataclass

SHAPES = ("sphere", "cube", "cylinder", "cone", "torus")
COLOURS = {  # display-referred sRGB
    "red": (0.86, 0.07, 0.06),
    "orange": (0.98, 0.45, 0.03),
    "yellow": (0.98, 0.85, 0.08),
    "green": (0.10, 0.62, 0.14),
    "blue": (0.07, 0.22, 0.90),
    "purple": (0.48, 0.12, 0.75),
    "pink": (0.98, 0.42, 0.68),
    "white": (0.92, 0.92, 0.92),
}
MATERIALS = ("matte", "metal", "glass", "glowing")
ENVIRONMENTS = ("meadow", "desert", "snow", "sea", "city")

SHAPE_WORDS = {
    "sphere": ("ball", "sphere"),
    "cube": ("cube", "box"),
    "cylinder": ("cylinder", "can"),
    "cone": ("cone",),
    "torus": ("ring", "torus"),
}
MATERIAL_WORDS = {
    "matte": ("matte", "rubber"),
    "metal": ("metal", "metallic"),
    "glass": ("glass",),
    "glowing": ("glowing",),
}
ENVIRONMENT_WORDS = {
    "meadow": ("a green meadow", "a grassy field", "the grass"),
    "desert": ("a sandy desert", "desert dunes", "the sand"),
    "snow": ("a snowy field", "white snow", "the snow"),
    "sea": ("the sea at sunset", "the ocean at sunset"),
    "city": ("a neon grid in a city at night", "a city street at night"),
}
VERBS = {
    "sphere": ("rolling across", "moving across"),
    "cube": ("sliding across", "moving across"),
    "cylinder": ("sliding across", "moving across"),
    "cone": ("sliding across", "moving across"),
    "torus": ("rolling across", "moving across"),
}
# Words a user may well type that no caption needs; each is one token, so a prompt never falls apart into bytes.
EXTRA_WORDS = "a an the of on in over with and at shot video photo slowly small big black grey gold silver stone wooden".split()
# Rest height of the centre over the ground, in object sizes.
FOOT = {"sphere": 1.0, "cube": 0.78, "cylinder": 0.87, "cone": 0.91, "torus": 1.0}


@dataclass(frozen=True)
class Look:
    """The part of a shot that a caption names; an edit replaces one of these."""

    shape: str
    colour: str
    material: str
    environment: str

    def held_out(self) -> bool:
        """One combination in ten never appears in training."""
        index = (
            31 * SHAPES.index(self.shape)
            + 17 * list(COLOURS).index(self.colour)
            + 7 * MATERIALS.index(self.material)
            + 13 * ENVIRONMENTS.index(self.environment)
        )
        return index % 10 == 0


@dataclass(frozen=True)
class Staging:
    """Path of the object, path of the camera and light. Lengths in world units, angles in radians."""

    direction: int
    size: float
    x0: float
    span: float
    z: float
    yaw: float
    spin: float
    camera_x: float
    camera_dx: float
    camera_y: float
    camera_z: float
    camera_dz: float
    look_y: float
    light_x: float
    sun_x: float
    pattern: float
    post: float | None = None  # where a post stands between camera and object, to the right; training has none


@dataclass(frozen=True)
class Shot:
    look: Look
    staging: Staging

    def to_json(self) -> dict:
        staging = {name: value for name, value in asdict(self.staging).items() if value is not None}
        return {"look": asdict(self.look), "staging": staging}

    @staticmethod
    def from_json(data: dict) -> "Shot":
        return Shot(Look(**data["look"]), Staging(**data["staging"]))


def sample_look(rng: random.Random) -> Look:
    return Look(rng.choice(SHAPES), rng.choice(list(COLOURS)), rng.choice(MATERIALS), rng.choice(ENVIRONMENTS))


def sample_staging(rng: random.Random) -> Staging:
    direction = rng.choice((-1, 1))
    return Staging(
        direction=direction,
        size=rng.uniform(0.76, 1.0),
        x0=-direction * rng.uniform(0.3, 1.0),
        span=rng.uniform(0.9, 1.8),
        z=rng.uniform(-0.4, 0.7),
        yaw=rng.uniform(-0.7, 0.7),
        spin=rng.uniform(-1.2, 1.2),
        camera_x=rng.uniform(-0.5, 0.5),
        camera_dx=rng.uniform(-0.5, 0.5),
        camera_y=rng.uniform(1.1, 1.7),
        camera_z=-rng.uniform(4.3, 5.1),
        camera_dz=rng.uniform(-0.3, 0.5),
        look_y=rng.uniform(0.55, 0.85),
        light_x=rng.choice((-1, 1)) * rng.uniform(0.5, 0.9),
        sun_x=rng.uniform(-0.35, 0.35),
        pattern=rng.uniform(0, 1),
    )


def sample_shot(seed: int, held_out: bool) -> Shot:
    """The shot of a seed. Combinations held out of training are drawn only when asked for."""
    rng = random.Random(seed)
    while (look := sample_look(rng)).held_out() != held_out:
        pass
    return Shot(look, sample_staging(rng))


def caption(look: Look, rng: random.Random | None = None) -> str:
    """The description of a look; with a generator, synonyms are drawn and the material is sometimes left out."""
    pick = (lambda words: words[0]) if rng is None else rng.choice
    material = pick(MATERIAL_WORDS[look.material])
    adjectives = look.colour if rng is not None and rng.random() < 0.1 else f"{look.colour} {material}"
    article = "an" if adjectives[0] in "aeiou" else "a"
    return (
        f"{article} {adjectives} {pick(SHAPE_WORDS[look.shape])} "
        f"{pick(VERBS[look.shape])} {pick(ENVIRONMENT_WORDS[look.environment])}"
    )


def vocabulary() -> list[str]:
    """Every word a caption can hold, sorted."""
    words = set(COLOURS) | set(EXTRA_WORDS)
    for table in (SHAPE_WORDS, MATERIAL_WORDS, ENVIRONMENT_WORDS, VERBS):
        for phrases in table.values():
            for phrase in phrases:
                words.update(phrase.split())
    return sorted(words)
