"""Copies what a run leaves besides weights into the project: options, logs, measures, and digests to check a repeat by."""
from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from pathlib import Path

PARTS = ("autoencoder", "denoiser", "denoiser_depth", "classifier", "depth_estimator", "image_text")
KEPT = (*(f"{part}.{kind}" for part in PARTS for kind in ("csv", "json")), "measured.json")


def digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, nargs="+", required=True, help="folders of exported models")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        if (options.run / name).exists():
            shutil.copyfile(options.run / name, options.out / name)
    shards = sorted(options.data.glob("*-*.npy"))
    digests = {
        # One shard of each split stands for the rest: all are made by the same code from consecutive numbers.
        "data": {"shards": len(shards), **{p.name: digest(p) for p in shards if p.stem.endswith("-0000")}},
        **{b.name: {str(p.relative_to(b)): digest(p) for p in sorted(b.rglob("*")) if p.is_file()} for b in options.bundle},
    }
    (options.out / "digests.json").write_text(json.dumps(digests, indent=2) + "\n")


if __name__ == "__main__":
    main()
