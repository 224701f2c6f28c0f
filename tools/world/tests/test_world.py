"""The world is a function of (seed, look); its side information agrees with its pictures. Run: python -m unittest"""
from __future__ import annotations

import random
import unittest
from dataclasses import replace

import torch
import torch.nn.functional as F

from retake_world.buffers import render_buffers
from retake_world.render import render
from retake_world.spec import COLOURS, ENVIRONMENTS, MATERIALS, SHAPES, Look, Shot, caption, sample_shot, sample_staging

SIDE = 64


def a_shot(seed: int = 5, **look) -> Shot:
    shot = sample_shot(seed, held_out=False)
    return Shot(replace(shot.look, **look), shot.staging)


class Determinism(unittest.TestCase):
    def test_same_seed_same_pixels(self):
        first, second = (render(sample_shot(11, held_out=False), [0.2, 0.7], SIDE, SIDE) for _ in range(2))
        self.assertTrue(torch.equal(first, second))

    def test_a_frame_does_not_depend_on_its_neighbours(self):
        for environment in ENVIRONMENTS:
            shot = a_shot(environment=environment)
            alone = render(shot, [0.6], SIDE, SIDE)
            among = render(shot, [0.1, 0.6, 0.9], SIDE, SIDE)[1:2]
            self.assertLessEqual((alone.int() - among.int()).abs().max().item(), 1, environment)

    def test_seeds_differ(self):
        first, second = (render(sample_shot(seed, held_out=False), [0.5], SIDE, SIDE) for seed in (1, 2))
        self.assertFalse(torch.equal(first, second))

    def test_shot_survives_json(self):
        shot = a_shot()
        self.assertEqual(Shot.from_json(shot.to_json()), shot)


class Looks(unittest.TestCase):
    def test_an_edit_keeps_the_staging(self):
        shot = a_shot(shape="cube", colour="red", material="matte", environment="meadow")
        other = Shot(replace(shot.look, colour="blue"), shot.staging)
        first, second = (render(s, [0.4], SIDE, SIDE).int() for s in (shot, other))
        mask = render_buffers(shot, [0.4], SIDE, SIDE).mask
        away = ~F.max_pool2d(mask[:, None].float(), 3, 1, 1)[:, 0].bool()
        self.assertEqual((first - second)[away].abs().max().item(), 0)
        self.assertGreater((first - second)[mask].abs().float().mean().item(), 20)

    def test_every_object_stands_out(self):
        """White and glass are told from every ground: the outline is visible wherever the object is."""
        staging = sample_staging(random.Random(3))
        for environment in ENVIRONMENTS:
            for material in MATERIALS:
                shot = Shot(Look("sphere", "white", material, environment), staging)
                picture = render(shot, [0.5], SIDE, SIDE).float()
                mask = render_buffers(shot, [0.5], SIDE, SIDE).mask[:, None].float()
                inner = (F.avg_pool2d(mask, 5, 1, 2) < 1) & (mask > 0)
                outer = (F.max_pool2d(mask, 5, 1, 2) > 0) & (mask == 0)
                ground = picture[outer[:, 0]].mean(0)
                contrast = (picture[inner[:, 0]] - ground).abs().amax(1).mean().item()
                self.assertGreater(contrast, 10, (environment, material))

    def test_captions_name_what_is_seen(self):
        look = Look("torus", "orange", "glass", "sea")
        self.assertEqual(caption(look), "an orange glass ring rolling across the sea at sunset")
        for seed in range(50):
            self.assertIn("orange", caption(look, random.Random(seed)))

    def test_held_out_combinations_are_a_tenth(self):
        looks = [Look(s, c, m, e) for s in SHAPES for c in COLOURS for m in MATERIALS for e in ENVIRONMENTS]
        self.assertAlmostEqual(sum(look.held_out() for look in looks) / len(looks), 0.1, delta=0.02)
        self.assertFalse(any(sample_shot(seed, held_out=False).look.held_out() for seed in range(40)))


class SideInformation(unittest.TestCase):
    def test_flow_carries_one_frame_to_the_next(self):
        """The next frame fetched along the flow equals this one, where the point stays visible: far better than unmoved."""
        shot = a_shot(7, shape="cube", material="matte", environment="desert")
        times, side = [0.5, 0.53], 128
        frames = render(shot, times, side, side).permute(0, 3, 1, 2).float()
        buffers = render_buffers(shot, times, side, side)
        x = torch.arange(side) + 0.5 + buffers.flow[0, ..., 0]
        y = (torch.arange(side) + 0.5)[:, None] + buffers.flow[0, ..., 1]
        grid = torch.stack([x / side * 2 - 1, y / side * 2 - 1], -1)[None]
        fetched = F.grid_sample(frames[1:], grid, align_corners=False)
        ground = (buffers.depth[0] < 1e4) & ~buffers.occluded[0]
        error = (fetched - frames[:1])[0][:, ground].pow(2).mean().item()
        still = (frames[1:] - frames[:1])[0][:, ground].pow(2).mean().item()
        self.assertLess(error, still / 2)  # the object's shadow moves over ground that does not

    def test_occlusion_is_found_beside_the_moving_object(self):
        shot = a_shot(7, shape="sphere", environment="meadow")
        buffers = render_buffers(shot, [0.3, 0.4], 128, 128)
        covered_next = buffers.mask[1] & ~buffers.mask[0]
        self.assertGreater(covered_next.sum().item(), 30)
        share = buffers.occluded.float().mean().item()
        self.assertTrue(0.005 < share < 0.3, share)

    def test_depth_is_nearer_on_the_object(self):
        buffers = render_buffers(a_shot(), [0.5], SIDE, SIDE)
        self.assertLess(buffers.depth[buffers.mask].max().item(), 8)
        self.assertGreater(buffers.depth.max().item(), 1000)


if __name__ == "__main__":
    unittest.main()
