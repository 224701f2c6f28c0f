"""A CLIP-style byte-pair tokenizer in which every word of the world is one token."""
from __future__ import annotations

import json
from pathlib import Path

from .spec import vocabulary

LENGTH = 24
START, END = "<|startoftext|>", "<|endoftext|>"


def byte_alphabet() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes, in CLIP's order: printable bytes first."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in printable]
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(len(rest))]


class Tokenizer:
    """Merges are added word by word until each vocabulary word is whole; other words fall apart into their bytes."""

    def __init__(self) -> None:
        alphabet = byte_alphabet()
        self.tokens = alphabet + [c + "</w>" for c in alphabet]
        self.merges: dict[tuple[str, str], int] = {}
        known = set(self.tokens)
        for word in vocabulary():
            while len(pieces := self._pieces(word)) > 1:
                pair = (pieces[0], pieces[1])
                self.merges[pair] = len(self.merges)
                if "".join(pair) not in known:
                    known.add("".join(pair))
                    self.tokens.append("".join(pair))
        self.tokens += [START, END]
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    def _pieces(self, word: str) -> list[str]:
        pieces = [*word[:-1], word[-1] + "</w>"]
        while len(pieces) > 1:
            pairs = list(zip(pieces, pieces[1:]))
            best = min(pairs, key=lambda pair: self.merges.get(pair, 1 << 30))
            if best not in self.merges:
                break
            merged, i = [], 0
            while i < len(pieces):
                joined = tuple(pieces[i : i + 2]) == best
                merged.append("".join(best) if joined else pieces[i])
                i += 2 if joined else 1
            pieces = merged
        return pieces

    def encode(self, text: str) -> list[int]:
        """ASCII words separated by blanks -> LENGTH ids, start token first, padded with the end token."""
        body = [self.ids[piece] for word in text.lower().split() for piece in self._pieces(word)]
        ids = [self.ids[START], *body[: LENGTH - 2], self.ids[END]]
        return ids + [self.ids[END]] * (LENGTH - len(ids))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vocab.json").write_text(json.dumps(self.ids, ensure_ascii=False), encoding="utf-8")
        lines = ["#version: 0.2", *(" ".join(pair) for pair in self.merges), ""]
        (folder / "merges.txt").write_text("\n".join(lines), encoding="utf-8")
        special = {"bos_token": START, "eos_token": END, "pad_token": END, "unk_token": END}
        config = {
            "add_prefix_space": False,
            **special,
            "do_lower_case": True,
            "errors": "replace",
            "model_max_length": LENGTH,
            "tokenizer_class": "CLIPTokenizer",
        }
        (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
        (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2) + "\n")
