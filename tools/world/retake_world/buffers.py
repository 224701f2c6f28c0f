"""Exact side information of a shot: depth, object mask, optical flow and its occlusion."""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .render import FAR, Hits, ground_length, scene_of, trace_object, trace_post
from .spec import Shot


@dataclass
class Buffers:
    """depth [T, H, W] along the camera axis, sky = 1e4; mask [T, H, W] bool: the object is seen; flow [T-1, H, W, 2] pixels (x, y) from
    frame i to i+1, of surface points; occluded [T-1, H, W] bool: the point is hidden or out of picture in i+1."""

    depth: torch.Tensor
    mask: torch.Tensor
    flow: torch.Tensor
    occluded: torch.Tensor


@torch.no_grad()
def render_buffers(shot: Shot, times: list[float], width: int, height: int, device: str = "cpu") -> Buffers:
    """Side information at pixel centres, one ray per pixel."""
    scene = scene_of(shot, times, device)
    count, size = len(times), scene.staging.size
    d, frame = scene.rays(width, height)
    o = scene.eye[frame]
    hits = trace_object(d, frame, scene)
    post, post_length = trace_post(o, d, scene)
    before = ~torch.isin(hits.index, post)
    hits = Hits(hits.index[before], hits.length[before], hits.point[before])
    length = ground_length(o, d)
    length = torch.where(length < 120, length, torch.full_like(length, FAR))
    thing = torch.zeros(len(d), device=d.device)  # 0 ground and sky, 1 object, 2 post
    thing[hits.index], thing[post] = 1, 2
    length[hits.index], length[post] = hits.length, post_length
    axis_depth = (length * (d * scene.forward[frame]).sum(-1)).view(count, height, width)
    axis_depth = torch.where(length.view_as(axis_depth) < FAR, axis_depth, torch.full_like(axis_depth, FAR))

    # Where each point stands in the next frame: the object carries its points along, ground and post stay, sky is infinitely far.
    following = (frame + 1).clamp(max=count - 1)
    offset = o + d * length[:, None] - scene.eye[following]
    offset = torch.where((length < FAR)[:, None], offset, d)
    carried = torch.einsum("mij,mj->mi", scene.rotation[following[hits.index]], hits.point) * size
    offset[hits.index] = carried + (scene.centre - scene.eye)[following[hits.index]]
    x, y, depth_there = scene.project(offset, following, width, height)
    depth_there = torch.where(length < FAR, depth_there, torch.full_like(depth_there, FAR))
    x, y, depth_there = (v.view(count, height, width)[:-1] for v in (x, y, depth_there))
    column = torch.arange(width, device=d.device) + 0.5
    row = torch.arange(height, device=d.device)[:, None] + 0.5
    flow = torch.stack([x - column, y - row], -1)

    outside = (x < 0) | (x > width) | (y < 0) | (y > height)
    grid = torch.stack([x / width * 2 - 1, y / height * 2 - 1], -1)
    nearest = F.grid_sample(axis_depth[1:, None], grid, mode="nearest", align_corners=False)[:, 0]
    thing = thing.view(count, height, width)
    seen = F.grid_sample(thing[1:, None], grid, mode="nearest", align_corners=False)[:, 0]
    hidden = (nearest < depth_there * 0.97) | (seen != thing[:-1])
    return Buffers(axis_depth, thing == 1, flow, outside | hidden)
