"""The shots that move a lot do what they are said to, and their side information says so. Run: python -m unittest"""
from __future__ import annotations

import json
import random
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from retake_world.buffers import render_buffers
from retake_world.heldout import render_case
from retake_world.motion import SHOTS
from retake_world.render import render
from retake_world.spec import Shot

SIDE, FRAMES = 64, 24
PICTURE = 128  # side to which pixels a frame are told


def speed(flow: torch.Tensor, where: torch.Tensor) -> float:
    """Middle speed in pixels a frame of a picture of 128."""
    return flow.norm(dim=-1)[where].median().item() * PICTURE / SIDE


class Motions(unittest.TestCase):
    def test_looks_are_held_out(self):
        self.assertTrue(all(moving.shot.look.held_out() for moving in SHOTS))

    def test_every_shot_does_what_it_is_said_to(self):
        for i, moving in enumerate(SHOTS):
            buffers = render_buffers(moving.shot, moving.times(FRAMES), SIDE, SIDE)
            seen = buffers.mask.sum((1, 2)).float()
            with self.subTest(shot=i):
                if "fast" in moving.motions:
                    self.assertTrue(3 <= speed(buffers.flow, buffers.mask[:-1]) <= 12)
                if "camera" in moving.motions:
                    self.assertGreater(speed(buffers.flow, ~buffers.mask[:-1] & (buffers.depth[:-1] < 1e4)), 1)
                if "occlusion" in moving.motions:
                    middle = seen[FRAMES // 2 - 2 : FRAMES // 2 + 2].min()
                    self.assertLess(middle, 0.05 * seen[0])
                    self.assertGreater(seen[-1], 0.8 * seen[0])
                else:
                    self.assertGreater(seen.min(), 100)
                if "turn" in moving.motions:
                    # The same places of the object are out of sight after half the shot: by its turning or the camera's.
                    scene_turn = abs(moving.shot.staging.spin) + 0.2 * abs(moving.shot.staging.camera_dx)
                    self.assertGreater(scene_turn, 1.3)

    def test_there_and_back_ends_where_it_began(self):
        back = next(moving for moving in SHOTS if moving.there_and_back)
        times = back.times(FRAMES)
        self.assertEqual(times[0], times[-1])
        self.assertEqual(times, times[::-1])
        ends = render(back.shot, [times[0], times[-1]], SIDE, SIDE)
        self.assertTrue(torch.equal(ends[0], ends[1]))


class Post(unittest.TestCase):
    def setUp(self):
        self.moving = next(moving for moving in SHOTS if moving.shot.staging.post is not None)
        self.bare = Shot(self.moving.shot.look, replace(self.moving.shot.staging, post=None))

    def test_it_hides_the_object_and_nothing_else_changes(self):
        times = self.moving.times(FRAMES)[5:8]
        with_post, without = (render(shot, times, SIDE, SIDE).int() for shot in (self.moving.shot, self.bare))
        buffers, bare = (render_buffers(shot, times, SIDE, SIDE) for shot in (self.moving.shot, self.bare))
        post = buffers.depth != bare.depth
        self.assertTrue(0.1 < post.float().mean().item() < 0.5)
        self.assertFalse((buffers.mask & post).any())
        self.assertTrue(torch.equal(buffers.mask | post, bare.mask | post))
        away = ~F.max_pool2d(post[:, None].float(), 3, 1, 1)[:, 0].bool()
        self.assertTrue(torch.equal(with_post[away], without[away]))

    def test_flow_carries_post_and_object_to_the_next_frame(self):
        side, times = 128, self.moving.times(FRAMES)[6:8]
        frames = render(self.moving.shot, times, side, side).permute(0, 3, 1, 2).float()
        buffers = render_buffers(self.moving.shot, times, side, side)
        x = torch.arange(side) + 0.5 + buffers.flow[0, ..., 0]
        y = (torch.arange(side) + 0.5)[:, None] + buffers.flow[0, ..., 1]
        fetched = F.grid_sample(frames[1:], torch.stack([x / side * 2 - 1, y / side * 2 - 1], -1)[None], align_corners=False)
        near = (buffers.depth[0] < 8) & ~buffers.occluded[0]
        error, still = ((other - frames[:1])[0][:, near].pow(2).mean().item() for other in (fetched, frames[1:]))
        self.assertLess(error, still / 4)

    def test_a_shot_without_one_says_nothing_of_it(self):
        self.assertNotIn("post", self.bare.to_json()["staging"])
        for shot in (self.bare, self.moving.shot):
            self.assertEqual(Shot.from_json(json.loads(json.dumps(shot.to_json()))), shot)


class Files(unittest.TestCase):
    def test_a_case_holds_what_it_names(self):
        with tempfile.TemporaryDirectory() as out:
            folder = Path(out) / "00"
            case = render_case(folder, SHOTS[0].shot, [0, 0.5], ("colour",), random.Random(0), 32, 24, None)
            self.assertEqual([edit["kind"] for edit in case["edits"]], ["colour"])
            shapes = {name: np.load(folder / f"{name}.npy").shape for name in ("source", "truth-colour", "mask", "flow", "occluded")}
            pictures = (2, 32, 32, 3)
            self.assertEqual(shapes, {"source": pictures, "truth-colour": pictures, "mask": (2, 32, 32),
                                      "flow": (1, 32, 32, 2), "occluded": (1, 32, 32)})  # fmt: skip


if __name__ == "__main__":
    unittest.main()
