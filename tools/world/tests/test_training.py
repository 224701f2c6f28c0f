"""Training taken up again after an interruption ends where an unbroken run ends. Run: python -m unittest"""
from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from retake_world import checkpoint, dataset, train_autoencoder, train_denoiser
from retake_world.dataset import FRAMES_PER_SHOT
from retake_world.nearness import depth_channel
from retake_world.text_encoder import text_config
from retake_world.unet import unet_config

SIDE = 64


def call(main, *arguments: object) -> None:
    with mock.patch.object(sys, "argv", ["program", *map(str, arguments)]), contextlib.redirect_stdout(io.StringIO()):
        main()


class Depth(unittest.TestCase):
    def test_depth_has_no_say_before_training(self):
        torch.manual_seed(0)
        unet, text = unet_config([16, 16, 32], 4, 0, 16, 2, 8, 8), text_config(600, 24, 16)
        model = train_denoiser.Denoiser(unet, text).eval()
        state = train_denoiser.with_depth({"average": model.state_dict(), "unet": unet, "text": text}, 8)
        deeper = train_denoiser.Denoiser(state["unet"], text).eval()
        deeper.load_state_dict(state["model"])
        z, t, ids = torch.randn(2, 4, 8, 8), torch.tensor([3, 700]), torch.randint(0, 500, (2, 24))
        with torch.no_grad():
            answer = deeper(torch.cat([z, torch.rand(2, 1, 8, 8)], 1), t, ids)
            self.assertTrue(torch.equal(answer, model(z, t, ids)))

    def test_depth_channel_spans_each_shot(self):
        near = np.random.default_rng(0).random((2 * FRAMES_PER_SHOT, 32, 32)).astype(np.float16)
        near[FRAMES_PER_SHOT:] *= 0.1
        channel = depth_channel(near, 16).reshape(2, -1)
        for ends in (channel.min(1), channel.max(1)):
            self.assertAlmostEqual(abs(ends[0]), 1, places=5)
            self.assertAlmostEqual(ends[0], ends[1], places=5)


class Resuming(unittest.TestCase):
    def test_two_halves_equal_one_whole(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(dataset, "SHOTS_PER_SHARD", 3):
            data = Path(folder) / "data"
            data.mkdir()
            for split in ("train", "validation"):
                dataset.render_shard(data, split, 0, SIDE, "cpu")
            ends = {}
            for name, stops in (("whole", (4,)), ("halves", (2, 4))):
                out = Path(folder) / name
                shared = ("--data", data, "--out", out, "--batch", 2, "--save-every", 1, "--threads", 1, "--device", "cpu", "--decay-from", 1)
                for steps in stops:
                    call(train_autoencoder.main, *shared, "--steps", steps, "--channels", 16, 8, "--latent", 4)
                for extra in ((), ("--depth",)):
                    for steps in stops:
                        call(train_denoiser.main, *shared, "--steps", steps, "--channels", 16, 16, 32, "--context", 16, *extra)
                ends[name] = [checkpoint.load(out / f"{part}.pt") for part in ("autoencoder", "denoiser", "denoiser_depth")]
            for whole, halves in zip(ends["whole"], ends["halves"]):
                self.assertEqual(halves["step"], 4)
                for key, value in whole["average"].items():
                    self.assertTrue(torch.equal(value, halves["average"][key]), key)


if __name__ == "__main__":
    unittest.main()
