"""Writes the trained networks as a diffusers ONNX bundle, the layout `optimum-cli export onnx` makes.

With --depth the bundle holds the denoiser that reads depth and the depth estimator; its weights are stored smaller.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from . import checkpoint
from .autoencoder import Autoencoder
from .depth_estimator import DepthEstimator
from .schedule import SCHEDULER_CONFIG
from .tokenizer import LENGTH, Tokenizer
from .train_denoiser import Denoiser

OPSET = 17
# Elements; smaller weights, the linear transform among them, keep full precision.
HALF_ABOVE = 20_000
EIGHTH_ABOVE = 4_000
# What Retake fills in where the artist says nothing, by docs/benchmark.md.
SUITABLE_SETTINGS = {"method": {"id": "pix2video"}, "sampling": {"steps": 25, "guidance": 1.5}, "inversion": {"refinement": 1}}


class Moments(nn.Module):
    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.patch_in = autoencoder.patch_in

    def forward(self, sample: torch.Tensor) -> torch.Tensor:
        return self.patch_in(sample)


class Decode(nn.Module):
    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.patch_out, self.decoder = autoencoder.patch_out, autoencoder.decoder

    def forward(self, latent_sample: torch.Tensor) -> torch.Tensor:
        return self.patch_out(latent_sample) + self.decoder(latent_sample)


def store_smaller(model: onnx.ModelProto, eighths: bool) -> None:
    """Stores the weights of convolutions as float16 with a Cast behind them, so that arithmetic stays in float32. With
    eighths all large weights become int8 with a scale for every output channel."""
    graph = model.graph
    outputs = {}  # by weight: the axis of its output channels
    for node in graph.node:
        if node.op_type == "Conv":
            outputs[node.input[1]] = 0
        elif eighths and node.op_type in ("MatMul", "Gemm"):
            transposed = any(a.name == "transB" and a.i for a in node.attribute)
            outputs[node.input[1]] = 0 if transposed else 1
    nodes = []
    for initializer in list(graph.initializer):
        values, name = numpy_helper.to_array(initializer), initializer.name
        if values.size < (EIGHTH_ABOVE if eighths else HALF_ABOVE) or name not in outputs:
            continue
        if eighths:
            others = tuple(axis for axis in range(values.ndim) if axis != outputs[name])
            scale = np.abs(values).max(others, keepdims=True) / 127
            scale[scale == 0] = 1
            small, suffix = np.round(values / scale).astype(np.int8), "_int8"
            graph.initializer.append(numpy_helper.from_array(scale.astype(np.float32), name + "_scale"))
            nodes.append(helper.make_node("Cast", [name + suffix], [name + "_whole"], name=f"/{name}/Cast", to=TensorProto.FLOAT))
            nodes.append(helper.make_node("Mul", [name + "_whole", name + "_scale"], [name], name=f"/{name}/Mul"))
        else:
            small, suffix = values.astype(np.float16), "_half"
            nodes.append(helper.make_node("Cast", [name + suffix], [name], name=f"/{name}/Cast", to=TensorProto.FLOAT))
        initializer.CopyFrom(numpy_helper.from_array(small, name + suffix))
    for node in reversed(nodes):
        graph.node.insert(0, node)


def export_part(folder: Path, part: nn.Module, config: dict, inputs: dict, outputs: list[str], axes: dict, eighths: bool = False) -> float:
    """One graph with its config.json. Returns the largest difference between the graph's answer and the module's."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    arguments = tuple(inputs.values())
    torch.onnx.export(part.eval(), arguments, str(path), input_names=list(inputs), output_names=outputs,
                      dynamic_axes=axes, opset_version=OPSET, do_constant_folding=True, dynamo=False)
    model = onnx.load(str(path))
    store_smaller(model, eighths)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    answer = session.run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    with torch.no_grad():
        expected = part(*arguments)
    expected = expected[0] if isinstance(expected, tuple) else expected
    return float(np.abs(answer - expected.numpy()).max())


def export_bundle(run: Path, out: Path, depth: bool) -> None:
    painter = checkpoint.load(run / "autoencoder.pt")
    denoiser = checkpoint.load(run / ("denoiser_depth.pt" if depth else "denoiser.pt"))
    assert painter and denoiser, f"{run} holds no trained networks"
    autoencoder = Autoencoder(painter["config"])
    autoencoder.load_state_dict(painter["average"])
    networks = Denoiser(denoiser["unet"], denoiser["text"])
    networks.load_state_dict(denoiser["average"])
    latent, factor = painter["config"]["latent_channels"], autoencoder.factor
    side = denoiser["unet"]["sample_size"]

    batch, sequence = "batch_size", "sequence_length"
    picture_axes = {0: batch, 2: "sample_height", 3: "sample_width"}
    latent_axes = {0: batch, 2: "latent_height", 3: "latent_width"}
    moments_axes = {0: batch, 2: f"sample_height / {factor}", 3: f"sample_width / {factor}"}
    decoded_axes = {0: batch, 2: f"latent_height * {factor}", 3: f"latent_width * {factor}"}
    unet_axes = {0: batch, 2: "height", 3: "width"}
    torch.manual_seed(0)
    z = torch.randn(2, latent, side, side)
    context = torch.randn(2, LENGTH, denoiser["unet"]["cross_attention_dim"])
    ids = torch.tensor([Tokenizer().encode(text) for text in ("a red ball", "the sea at sunset")])
    parts = {
        "unet": (networks.unet, denoiser["unet"],
                 {"sample": torch.randn(2, denoiser["unet"]["in_channels"], side, side), "timestep": torch.tensor(500), "encoder_hidden_states": context},
                 ["out_sample"], {"sample": unet_axes, "encoder_hidden_states": {0: batch, 1: sequence}, "out_sample": unet_axes}),
        "text_encoder": (networks.text, denoiser["text"], {"input_ids": ids}, ["last_hidden_state", "pooler_output"],
                         {"input_ids": {0: batch, 1: sequence}, "last_hidden_state": {0: batch, 1: sequence}, "pooler_output": {0: batch}}),
        "vae_encoder": (Moments(autoencoder), painter["config"], {"sample": torch.rand(2, 3, side * factor, side * factor) * 2 - 1},
                        ["latent_parameters"], {"sample": picture_axes, "latent_parameters": moments_axes}),
        "vae_decoder": (Decode(autoencoder), painter["config"], {"latent_sample": z}, ["sample"],
                        {"latent_sample": latent_axes, "sample": decoded_axes}),
    }
    for name, (part, config, inputs, outputs, axes) in parts.items():
        error = export_part(out / name, part, config, inputs, outputs, axes, depth and name == "unet")
        print(f"{name}: {(out / name / 'model.onnx').stat().st_size / 1e6:.1f} MB, largest error {error:.1e}")
    Tokenizer().save(out / "tokenizer")
    (out / "scheduler").mkdir(exist_ok=True)
    (out / "retake.json").write_text(json.dumps(SUITABLE_SETTINGS, indent=2) + "\n")
    (out / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER_CONFIG, indent=2) + "\n")
    if depth:
        export_estimator(run, out, side * factor)
    index = {
        "_class_name": "StableDiffusionDepth2ImgPipeline" if depth else "StableDiffusionPipeline",
        "_diffusers_version": "0.35.0",
        **({"depth_estimator": ["transformers", "DPTForDepthEstimation"]} if depth else {}),
        "feature_extractor": ["transformers", "DPTImageProcessor"] if depth else [None, None],
        "image_encoder": [None, None],
        "requires_safety_checker": False,
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (out / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")


def preprocessor(side: int, kind: str) -> dict:
    """Hugging Face's description of what happens to a picture before a network sees it."""
    return {
        "do_center_crop": False,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_processor_type": kind,
        "image_std": [0.5, 0.5, 0.5],
        "resample": 3,
        "rescale_factor": 1 / 255,
        "size": {"height": side, "width": side},
    }


def export_estimator(run: Path, out: Path, side: int) -> None:
    trained = checkpoint.load(run / "depth_estimator.pt")
    assert trained, f"no depth estimator in {run}: run retake_world.depth_estimator first"
    estimator = DepthEstimator()
    estimator.load_state_dict(trained["model"])
    axes = {"pixel_values": {0: "batch_size", 2: "height", 3: "width"}, "predicted_depth": {0: "batch_size", 1: "depth_height", 2: "depth_width"}}
    inputs = {"pixel_values": torch.rand(2, 3, side, side) * 2 - 1}
    config = {"architectures": ["DPTForDepthEstimation"], "model_type": "dpt"}
    error = export_part(out / "depth_estimator", estimator, config, inputs, ["predicted_depth"], axes, eighths=True)
    print(f"depth_estimator: {(out / 'depth_estimator' / 'model.onnx').stat().st_size / 1e6:.1f} MB, largest error {error:.1e}")
    (out / "feature_extractor").mkdir(exist_ok=True)
    about = preprocessor(side, "DPTImageProcessor")
    (out / "feature_extractor" / "preprocessor_config.json").write_text(json.dumps(about, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--depth", action="store_true", help="the denoiser that reads depth")
    options = parser.parse_args()
    export_bundle(options.run, options.out, options.depth)


if __name__ == "__main__":
    main()
