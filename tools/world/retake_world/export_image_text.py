"""Writes the image-text encoder as two graphs with tokenizer and preprocessor, the layout CLIP is commonly exported in."""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from . import checkpoint
from .export import OPSET, preprocessor, store_smaller
from .image_text import SIDE, ImageText
from .tokenizer import Tokenizer


def write(path: Path, part: nn.Module, name: str, value: torch.Tensor, output: str, axes: dict) -> None:
    torch.onnx.export(part.eval(), (value,), str(path), input_names=[name], output_names=[output],
                      dynamic_axes={name: axes, output: {0: "batch_size"}}, opset_version=OPSET, dynamo=False)
    model = onnx.load(str(path))
    store_smaller(model, eighths=False)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    answer = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {name: value.numpy()})[0]
    with torch.no_grad():
        error = np.abs(answer - part(value).numpy()).max()
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB, largest error {error:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    trained = checkpoint.load(options.run / "image_text.pt")
    assert trained, f"no image-text encoder in {options.run}: run retake_world.image_text first"
    model = ImageText()
    model.load_state_dict(trained["model"])
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    ids = torch.tensor([Tokenizer().encode(text) for text in ("a red ball", "the sea at sunset")])
    write(out / "vision_model.onnx", model.vision, "pixel_values", torch.rand(2, 3, SIDE, SIDE) * 2 - 1, "image_embeds", {0: "batch_size"})
    write(out / "text_model.onnx", model.text, "input_ids", ids, "text_embeds", {0: "batch_size", 1: "sequence_length"})
    Tokenizer().save(out / "tokenizer")
    about = {"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": model.vision.projection.out_features}
    (out / "config.json").write_text(json.dumps(about, indent=2) + "\n")
    (out / "preprocessor_config.json").write_text(json.dumps(preprocessor(SIDE, "CLIPImageProcessor"), indent=2) + "\n")


if __name__ == "__main__":
    main()
