"""Training taken up again after an interruption ends where an unbroken run ends. Run: python -m unittest"""
from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

from retake_world import checkpoint, dataset, train_autoencoder, train_denoiser

SIDE = 64


def call(main, *arguments: object) -> None:
    with mock.patch.object(sys, "argv", ["program", *map(str, arguments)]), contextlib.redirect_stdout(io.StringIO()):
        main()


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
                for steps in stops:
                    call(train_denoiser.main, *shared, "--steps", steps, "--channels", 16, 16, 32, "--context", 16)
                ends[name] = [checkpoint.load(out / f"{part}.pt") for part in ("autoencoder", "denoiser")]
            for whole, halves in zip(ends["whole"], ends["halves"]):
                self.assertEqual(halves["step"], 4)
                for key, value in whole["average"].items():
                    self.assertTrue(torch.equal(value, halves["average"][key]), key)


if __name__ == "__main__":
    unittest.main()
