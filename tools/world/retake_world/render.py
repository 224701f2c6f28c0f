"""Shot to pictures: sphere-traced object on an analytic ground under a sky, with reflections and soft shadow."""
from __future__ import annotations

import functools
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from . import shapes
from .environment import PALETTES, ground, make_textures, sky
from .maths import dot, mix, normalise, reflect, smoothstep
from .scene import Scene, build_scene
from .spec import Shot

FAR = 1e4
MARCH_STEPS = 28
POST_RADIUS, POST_Z = 0.3, -1.6
SHADOW_STEPS = 16


@dataclass
class Hits:
    """Rays that meet the object: index into the ray list, ray length, object-space point."""

    index: torch.Tensor
    length: torch.Tensor
    point: torch.Tensor


@functools.lru_cache(maxsize=4)
def _textures(device: str) -> torch.Tensor:
    return make_textures(torch.device(device))


def scene_of(shot: Shot, times: list[float], device: str = "cpu") -> Scene:
    return build_scene(shot, times, _textures(device))


def to_object(v: torch.Tensor, frame: torch.Tensor, scene: Scene) -> torch.Tensor:
    return torch.einsum("mji,mj->mi", scene.rotation[frame], v)


def trace_object(d: torch.Tensor, frame: torch.Tensor, scene: Scene) -> Hits:
    """Sphere tracing (Hart 1996) inside the bounding sphere, in units of the object's size."""
    size = scene.staging.size
    offset = (scene.eye - scene.centre)[frame]
    b = dot(offset, d)
    near = (b * b - (dot(offset, offset) - shapes.BOUND_SQUARED * size**2) > 0).nonzero()[:, 0]
    p = to_object(offset[near], frame[near], scene) / size
    q = to_object(d[near], frame[near], scene)
    b = dot(p, q)
    t = (-b - (b * b - (dot(p, p) - shapes.BOUND_SQUARED)).clamp(min=0).sqrt()).clamp(min=0)
    for _ in range(MARCH_STEPS):
        t = t + shapes.distance(p + q * t[:, None], scene.look.shape).clamp(-0.05, 1) * 0.97
    point = p + q * t[:, None]
    hit = shapes.distance(point, scene.look.shape) < 0.02
    return Hits(near[hit], t[hit] * size, point[hit])


def trace_post(o: torch.Tensor, d: torch.Tensor, scene: Scene) -> tuple[torch.Tensor, torch.Tensor]:
    """Rays that meet the post: index and length. It is round and endless, and nearer than all else."""
    nothing = torch.empty(0, device=d.device)
    if scene.staging.post is None:
        return nothing.long(), nothing
    x, z = o[:, 0] - scene.staging.post, o[:, 2] - POST_Z
    a = (d[:, 0] ** 2 + d[:, 2] ** 2).clamp(min=1e-9)
    b = x * d[:, 0] + z * d[:, 2]
    root = b * b - a * (x * x + z * z - POST_RADIUS**2)
    length = (-b - root.clamp(min=0).sqrt()) / a
    above = o[:, 1] + d[:, 1] * length > 0
    index = ((root > 0) & (length > 0) & above).nonzero()[:, 0]
    return index, length[index]


def ground_length(o: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    down = d[:, 1] < -1e-3
    return torch.where(down, -o[:, 1] / d[:, 1].clamp(max=-1e-3), torch.full_like(d[:, 1], FAR))


def surroundings(o, d, time, centre, lit, scene: Scene) -> torch.Tensor:
    """What rays see besides the object: ground with its contact shade and glow, or sky -> linear [M, 3]."""
    look, size = scene.look, scene.staging.size
    palette = PALETTES[look.environment]
    t = ground_length(o, d)
    below = (t > 0) & (t < 120)
    colour = torch.empty_like(d)
    gi, si = below.nonzero()[:, 0], (~below).nonzero()[:, 0]
    if len(si):
        colour[si] = sky(d[si], scene)
    if len(gi):
        length = t[gi]
        p = o[gi] + d[gi] * length[:, None]
        away = p - centre[gi]
        r2 = away[:, 0] ** 2 + away[:, 2] ** 2
        c = ground(p, length, d[gi], lit[gi], time[gi], scene)
        contact = 0.6 * torch.exp(-r2 / (size * size * 0.8))
        if look.material == "glowing":
            night = 1.0 if palette.zenith[1] < 0.3 else 0.35
            c = c * (1 - 0.25 * contact)[:, None]
            c = c + scene.colour * (1.1 * night * torch.exp(-r2 / (size * size * 2.6)))[:, None]
        else:
            c = c * (1 - contact)[:, None]
        fog = 1 - torch.exp(-length * 0.022)
        colour[gi] = mix(c, scene.linear(palette.horizon) * palette.haze, fog[:, None])
    return colour


def soft_shadow(o, d, frame, covered, scene: Scene) -> torch.Tensor:
    """Light that reaches the ground point of each ray, 0..1, 1 elsewhere. Penumbra by the distance bound (Quilez)."""
    size, look = scene.staging.size, scene.look
    lit = torch.ones(len(d), device=d.device)
    if look.material == "glowing":
        return lit
    t = ground_length(o, d)
    gi = ((t < 40) & ~covered).nonzero()[:, 0]
    offset = o[gi] + d[gi] * t[gi][:, None] - scene.centre[frame[gi]]
    along = (offset * scene.light).sum(-1)
    close = (dot(offset, offset) - along * along < (1.9 * size) ** 2) & (along < 0)
    index = gi[close]
    if not len(index):
        return lit
    p = to_object(offset[close], frame[index], scene) / size
    direction = to_object(scene.light.expand(len(index), 3), frame[index], scene)
    s = (-dot(p, direction) - 1.6).clamp(min=0.03)
    open_ = torch.ones_like(s)
    for _ in range(SHADOW_STEPS):
        h = shapes.distance(p + direction * s[:, None], look.shape)
        open_ = torch.minimum(open_, 0.5 + 0.5 * h * 7.0 / s.clamp(min=0.3))
        s = s + h.clamp(0.06, 0.35)
    open_ = open_.clamp(0, 1)
    strength = 0.55 if look.material == "glass" else 0.85
    lit[index] = 1 - strength + strength * open_ * open_ * (3 - 2 * open_)
    return lit


def shade_object(hits: Hits, o, d, frame, scene: Scene) -> torch.Tensor:
    """Linear colour of the hit points by material -> [hits, 3]."""
    look, size = scene.look, scene.staging.size
    palette = PALETTES[look.environment]
    ii, view = frame[hits.index], d[hits.index]
    n = normalise(torch.einsum("mij,mj->mi", scene.rotation[ii], shapes.normal(hits.point, look.shape)))
    point = o[hits.index] + view * hits.length[:, None]
    albedo = scene.colour.expand(len(view), 3)
    n_light = dot(n, scene.light.expand_as(n)).clamp(min=0)
    n_view = dot(n, -view).clamp(0, 1)
    n_half = dot(n, normalise(scene.light - view)).clamp(min=0)
    fresnel, rim = (1 - n_view) ** 5, ((1 - n_view) ** 2)[:, None]
    night = look.environment == "city"
    sky_light = scene.vector(0.21, 0.20, 0.31) if night else scene.linear(palette.horizon) * palette.ambient
    sun = scene.linear(palette.sun) * palette.sun_strength
    open_ = (0.3 + 0.7 * smoothstep(0.0, 1.1, point[:, 1] / size))[:, None]
    facing_up = (0.5 + 0.5 * n[:, 1])[:, None]
    ambient = (sky_light * facing_up + scene.linear(palette.bounce) * 0.7 * (1 - facing_up)) * open_
    diffuse = ambient * 0.7 + sun * n_light[:, None] * 0.75

    def seen(direction: torch.Tensor, origin: torch.Tensor) -> torch.Tensor:
        nowhere = torch.full_like(origin, 1e3)  # a reflection shows no contact shade of the object itself
        return surroundings(origin, direction, scene.times[ii], nowhere, torch.ones(len(view), device=d.device), scene)

    if look.material == "matte":
        stripes = 1.0
        if look.shape in ("sphere", "torus"):  # makes rolling visible
            angle = torch.atan2(hits.point[:, 1], hits.point[:, 0])
            stripes = (1 - 0.28 * smoothstep(-0.15, 0.15, torch.sin(angle * 4)))[:, None]
        return albedo * stripes * diffuse * (1 - 0.35 * rim) + sun * (n_half**24 * 0.05)[:, None]
    reflection = seen(reflect(view, n), point + n * 0.02)
    # Half grey: a mirror takes on so much of a coloured ground that the object's own colour could not be told.
    reflection = mix(reflection, reflection.mean(-1, keepdim=True), 0.5)
    if look.material == "metal":
        tint = mix(torch.ones_like(albedo), albedo * 1.2, 0.86 - 0.5 * fresnel[:, None])
        highlight = sun * mix(torch.ones_like(albedo), albedo, 0.4) * (n_half**70 * 1.4)[:, None]
        return reflection * tint * (0.4 + 0.6 * open_) * (1 - 0.3 * rim) + albedo * diffuse * 0.34 + highlight
    if look.material == "glass":
        eta = 0.72
        k = (1 - eta * eta * (1 - n_view * n_view)).clamp(min=0).sqrt()
        bent = normalise(eta * view + (eta * n_view - k)[:, None] * n)
        bent = normalise(bent - 0.66 * n * (1 - n_view)[:, None])
        through = seen(bent, point) * mix(torch.ones_like(albedo), albedo**0.8, 0.85)
        # A tinted, denser edge keeps clear glass readable on snow (dark edge) and at night (bright edge).
        edge = albedo * (1.1 * sky_light + 0.15) if night else albedo * sky_light * 0.25
        body = mix(through * 0.82 + albedo * diffuse * 0.22, edge, 0.85 * rim)
        return body + reflection * (0.05 + 0.6 * fresnel)[:, None] + sun * (n_half**120 * 2.2)[:, None]
    assert look.material == "glowing", look.material
    core = (n_view**3 * 0.18)[:, None]
    return albedo * (0.9 + 0.9 * n_view)[:, None] + core + albedo * 0.2


def shade_post(point: torch.Tensor, scene: Scene) -> torch.Tensor:
    """Linear colour of grey wood at points of the post [M, 3]. It casts no shadow and nothing reflects it."""
    palette = PALETTES[scene.look.environment]
    n = normalise((point - scene.vector(scene.staging.post, 0, POST_Z)) * scene.vector(1, 0, 1))
    facing = dot(n, scene.light.expand_as(n)).clamp(min=0)[:, None]
    sun = scene.linear(palette.sun) * palette.sun_strength
    grain = 0.85 + 0.15 * torch.sin(torch.atan2(n[:, 0], n[:, 2]) * 30)[:, None]
    return scene.linear((0.45, 0.40, 0.36)) * grain * (scene.linear(palette.horizon) * palette.ambient * 0.7 + sun * facing * 0.6)


def _halo(covered: torch.Tensor, supersampling: int, scene: Scene) -> torch.Tensor:
    """Bloom round a glowing object: its coverage [T, H, W] blurred -> linear [T, H, W, 3]."""
    height = covered.shape[-2]
    cell = max(1, round(height / 16))
    blurred = F.avg_pool2d(covered[:, None].float(), cell, ceil_mode=True)
    for radius in (1, 2):
        padded = F.pad(blurred, (radius,) * 4, mode="replicate")
        blurred = (blurred if radius > 1 else 0) + F.avg_pool2d(padded, 2 * radius + 1, 1)
    wide = F.interpolate(blurred * 0.5, size=covered.shape[-2:], mode="bicubic").clamp(min=0)[:, 0, :, :, None]
    return wide * scene.colour * 0.45 * (~covered)[..., None]


def _tone(colour: torch.Tensor) -> torch.Tensor:
    """Filmic curve (Narkowicz 2015), linear result in 0..1."""
    colour = colour * 0.82
    return ((colour * (2.51 * colour + 0.03)) / (colour * (2.43 * colour + 0.59) + 0.14)).clamp(0, 1)


@torch.no_grad()
def render(shot: Shot, times: list[float], width: int, height: int, supersampling: int = 2, device: str = "cpu"):
    """Frames of a shot at times in 0..1 -> RGB8 [T, height, width, 3]. The same for any split of the times."""
    scene = scene_of(shot, times, device)
    wide, tall = width * supersampling, height * supersampling
    d, frame = scene.rays(wide, tall)
    o, centre = scene.eye[frame], scene.centre[frame]
    hits = trace_object(d, frame, scene)
    covered = torch.zeros(len(d), dtype=torch.bool, device=d.device)
    covered[hits.index] = True
    lit = soft_shadow(o, d, frame, covered, scene)
    colour = torch.empty_like(d)
    rest = (~covered).nonzero()[:, 0]
    colour[rest] = surroundings(o[rest], d[rest], scene.times[frame[rest]], centre[rest], lit[rest], scene)
    if len(hits.index):
        colour[hits.index] = shade_object(hits, o, d, frame, scene)
    index, length = trace_post(o, d, scene)
    if len(index):
        colour[index] = shade_post(o[index] + d[index] * length[:, None], scene)
    colour = colour.view(len(times), tall, wide, 3)
    if shot.look.material == "glowing":
        colour = colour + _halo(covered.view(len(times), tall, wide), supersampling, scene)
    pixels = F.avg_pool2d(_tone(colour).permute(0, 3, 1, 2), supersampling)
    display = pixels.clamp(0, 1) ** (1 / 2.2)
    return (display.permute(0, 2, 3, 1) * 255 + 0.5).to(torch.uint8)
