"""Networks, tokenizer, schedule and checkpoints. Run: python -m unittest"""
from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path

import torch

from retake_world import checkpoint, schedule
from retake_world.autoencoder import Autoencoder, autoencoder_config
from retake_world.dataset import Pictures, render_shard
from retake_world.spec import vocabulary
from retake_world.text_encoder import CLIPTextModel, text_config
from retake_world.tokenizer import END, LENGTH, START, Tokenizer
from retake_world.unet import UNet2DConditionModel, unet_config


class Text(unittest.TestCase):
    def test_every_word_is_one_token(self):
        tokenizer = Tokenizer()
        for word in vocabulary():
            ids = tokenizer.encode(word)
            self.assertEqual(ids[0], tokenizer.ids[START])
            self.assertEqual(ids[2:], [tokenizer.ids[END]] * (LENGTH - 2), word)

    def test_unknown_words_and_long_prompts_are_encoded(self):
        tokenizer = Tokenizer()
        self.assertGreater(len([i for i in tokenizer.encode("zebra") if i != tokenizer.ids[END]]), 2)
        self.assertEqual(len(tokenizer.encode("a red ball " * 40)), LENGTH)

    def test_files_are_what_clip_tokenizers_read(self):
        with tempfile.TemporaryDirectory() as folder:
            Tokenizer().save(Path(folder))
            vocab = json.loads((Path(folder) / "vocab.json").read_text())
            merges = (Path(folder) / "merges.txt").read_text().splitlines()
        self.assertTrue(merges[0].startswith("#version"))
        for line in merges[1:]:
            self.assertIn("".join(line.split(" ")), vocab)
        self.assertEqual(sorted(vocab.values()), list(range(len(vocab))))

    def test_text_model_is_causal(self):
        torch.manual_seed(0)
        model = CLIPTextModel(text_config(50, 8, 32)).eval()
        ids = torch.randint(0, 48, (1, 8))
        other = ids.clone()
        other[0, 5] = (ids[0, 5] + 1) % 48
        first, second = model(ids)[0], model(other)[0]
        self.assertTrue(torch.allclose(first[:, :5], second[:, :5], atol=1e-6))
        self.assertGreater((first[:, 5:] - second[:, 5:]).abs().max().item(), 1e-3)


class Networks(unittest.TestCase):
    def test_linear_autoencoder_is_exact_in_its_span(self):
        """Pictures that vary in no more components than there are latents come back exactly."""
        torch.manual_seed(0)
        basis = torch.randn(4, 3 * 8 * 8) * 0.2
        patches = torch.randn(64, 16, 4) @ basis
        pictures = torch.nn.functional.fold(patches.transpose(1, 2), 32, 8, stride=8)
        model = Autoencoder(autoencoder_config(8, [16, 8], 7, 4, 32))
        model.fit(pictures)
        z = model.encode(pictures)
        # Four components and one colour offset per channel: seven latents hold them all.
        self.assertLess((model.decode(z) - pictures).abs().max().item(), 1e-3)

    def test_unet_keeps_the_shape_and_reads_text_and_time(self):
        torch.manual_seed(0)
        model = UNet2DConditionModel(unet_config([16, 32, 32], 4, 1, 24, 2, 8, 8)).eval()
        sample, context = torch.randn(2, 5, 8, 12), torch.randn(2, 6, 24)
        first = model(sample, torch.tensor(10), context)
        self.assertEqual(first.shape, (2, 4, 8, 12))
        self.assertGreater((first - model(sample, torch.tensor(900), context)).abs().max().item(), 1e-3)
        self.assertGreater((first - model(sample, torch.tensor(10), context * 2)).abs().max().item(), 1e-3)
        same = model(sample, torch.tensor([10, 10]), context)
        self.assertTrue(torch.allclose(first, same))

    def test_ddim_with_the_true_answer_returns_the_picture(self):
        alphas = schedule.alphas_cumprod()
        z, noise = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 8, 8)
        levels = schedule.timesteps(10)
        self.assertEqual((levels[0], levels[-1]), (901, 1))
        noisy, _ = schedule.noised(z, noise, alphas[levels[0]][None])
        for t, after in zip(levels, [*levels[1:], -1]):
            _, v = schedule.noised(z, noise, alphas[t][None])
            noisy = schedule.ddim_step(noisy, v, t, after, alphas)
        expected, _ = schedule.noised(z, noise, alphas[:1])
        self.assertLess((noisy - expected).abs().max().item(), 1e-3)


    def test_inversion_starts_at_the_lowest_level(self):
        alphas = schedule.alphas_cumprod()
        z, v = torch.randn(1, 4, 8, 8), torch.zeros(1, 4, 8, 8)
        for low, high in ((-1, 1), (1, 501)):
            a, b = alphas[max(low, 0)], alphas[high]
            up = schedule.ddim_step(z, v, low, high, alphas)
            # v = 0 means x = sqrt(a) z and noise = sqrt(1 - a) z at the lower level.
            expected = (b.sqrt() * a.sqrt() + (1 - b).sqrt() * (1 - a).sqrt()) * z
            self.assertTrue(torch.allclose(up, expected, atol=1e-6))


class Files(unittest.TestCase):
    def test_shards_are_kept_and_made_again_identically(self):
        from retake_world import dataset

        shots, dataset.SHOTS_PER_SHARD = dataset.SHOTS_PER_SHARD, 2
        try:
            with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
                for folder in (one, two):
                    render_shard(Path(folder), "train", 0, 32, "cpu")
                first, second = Pictures(Path(one), "train"), Pictures(Path(two), "train")
                self.assertEqual(len(first), 2 * dataset.FRAMES_PER_SHOT)
                self.assertTrue(torch.equal(first.batch(range(len(first))), second.batch(range(len(second)))))
                stamp = (Path(one) / "train-0000.npy").stat().st_mtime_ns
                render_shard(Path(one), "train", 0, 32, "cpu")
                self.assertEqual((Path(one) / "train-0000.npy").stat().st_mtime_ns, stamp)
        finally:
            dataset.SHOTS_PER_SHARD = shots

    def test_log_drops_what_a_resumed_run_repeats(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "log.csv"
            log = checkpoint.Log(path, ["step", "loss"], 0)
            for step in (10, 20, 30):
                log.add(step=step, loss=1 / step)
            checkpoint.Log(path, ["step", "loss"], 20).add(step=30, loss=0.5)
            self.assertEqual([row.split(",")[0] for row in path.read_text().splitlines()], ["step", "10", "20", "30"])
            self.assertTrue(path.read_text().strip().endswith("0.5"))


if __name__ == "__main__":
    unittest.main()
