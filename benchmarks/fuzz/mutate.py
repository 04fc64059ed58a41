"""Damage: bytes that are nearly valid, the same for the same seed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

WORD = re.compile(rb"[A-Za-z_][\w.]*|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|[^\w\s]|\s+")
EVIL = (
    *(
        b"",
        b"\x00",
        b"\xff",
        b"\n",
        b"'",
        b'"',
        b"[",
        b"]",
        b"{",
        b"}",
        b"(" * 300,
        b"..",
        b"*",
        b"#",
        b"=",
        b":",
        b",",
    ),
    *(b"-1", b"0", b"1/0", b"0x", b"9" * 400, b"1" + b"0" * 30, b"2147483648", b"-9223372036854775809"),
    *(b"1e999", b"nan", b"NaN", b"inf", b"-inf", b"null", b"true", b"[]", b"{}", b'""', b"^", b"^-1", b"^999999999"),
    *(b"\xe2\x80\xa8", b"\xc2\xb2", b"\xf0\x9f\x92\xa5"),
)
"""What stands badly in the place of a word."""


def damaged(seeds: list[bytes], count: int, seed: int = 0) -> Iterator[bytes]:
    """Yield changed input: words dropped, doubled, exchanged or replaced, bits flipped, ends cut off.

    Args:
        seeds: valid input.
        count: how many to yield.
        seed: of all choices.
    """
    choose = random.Random(seed)
    split = [WORD.findall(each) for each in seeds]
    every = sorted({word for words in split for word in words})
    for _ in range(count):
        words = list(choose.choice(split))
        for _ in range(choose.choice((1, 1, 1, 2, 3))):
            _change(words, every, choose)
        content = b"".join(words)
        if choose.random() < 0.15 and content:
            at = choose.randrange(len(content))
            flipped = content[at] ^ (1 << choose.randrange(8))
            content = content[:at] + (bytes([flipped]) + content[at + 1 :] if choose.random() < 0.5 else b"")
        yield content


def _change(words: list[bytes], every: list[bytes], choose: random.Random) -> None:
    at, to = choose.randrange(len(words)), choose.randrange(len(words))
    kind = choose.randrange(6)
    if kind == 0 and len(words) > 1:
        del words[at]
    elif kind == 1:
        words.insert(at, words[to])
    elif kind == 2:
        words[at], words[to] = words[to], words[at]
    elif kind == 3:
        words[at] = choose.choice(every)
    else:
        words[at] = choose.choice(EVIL)
