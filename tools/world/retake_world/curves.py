"""Loss curves as a picture, from the CSV logs of a run."""
from __future__ import annotations

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def columns(path: Path) -> dict[str, list[float]]:
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else {})}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), constrained_layout=True)
    denoiser, painter = columns(options.run / "denoiser.csv"), columns(options.run / "autoencoder.csv")
    for name in [n for n in denoiser if n.startswith("loss")]:
        left.plot(denoiser["step"], denoiser[name], label=name, linewidth=1.8 if name == "loss" else 0.9)
    left.set(title="Denoiser", xlabel="step", ylabel="v error", yscale="log")
    left.legend(fontsize=7)
    if painter:
        right.plot(painter["step"], painter["psnr"])
    right.set(title="Autoencoder", xlabel="step", ylabel="validation PSNR, dB")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.out, dpi=110)


if __name__ == "__main__":
    main()
