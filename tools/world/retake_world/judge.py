"""Writes the trained classifier as ONNX, so that the benchmark of editing methods can ask it without Python.

Input "pictures" [B, 3, 128, 128] in -1..1; one output of logits per attribute, and "features" [B, 192], what the heads
read. OUT.json names the values of every attribute in the order of the logits.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from torch import nn

from .classifier import ATTRIBUTES, Classifier, load


class Judge(nn.Module):
    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        h = self.classifier.features(F.avg_pool2d(pictures, 2))
        h = torch.cat([h.mean((2, 3)), h.amax((2, 3))], 1)
        return (*(self.classifier.heads[name](h) for name in ATTRIBUTES), h)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classifier", type=Path, required=True, help="classifier.pt")
    parser.add_argument("--out", type=Path, required=True, help="judge.onnx; judge.json is written beside it")
    options = parser.parse_args()
    classifier = load(options.classifier)
    names = [*ATTRIBUTES, "features"]
    example = torch.rand(2, 3, 128, 128) * 2 - 1
    torch.onnx.export(Judge(classifier).eval(), (example,), str(options.out), input_names=["pictures"], output_names=names,
                      dynamic_axes={name: {0: "batch"} for name in ("pictures", *names)}, opset_version=17, dynamo=False)
    answer = onnxruntime.InferenceSession(str(options.out), providers=["CPUExecutionProvider"]).run(None, {"pictures": example.numpy()})
    with torch.no_grad():
        expected = classifier(example)
    for name, values in zip(ATTRIBUTES, answer):
        assert np.abs(values - expected[name].numpy()).max() < 1e-3, f"{name} differs from the classifier's"
    options.out.with_suffix(".json").write_text(json.dumps({name: list(values) for name, values in ATTRIBUTES.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
