"""Throughput of the text stage beside the plain loop of such systems, in one run.

The plain loop cuts with jieba, scores with SnowNLP and tests keywords by substring. Ours does everything: normalising,
names, topics, negativity, severity, evidence. ``python -m benchmarks.text`` prints posts a second of CPU time of one
process and their ratio, the median of rounds in which both take turns; start-up is told apart. The physical limit is
how fast the same texts can be copied into code points and looked at once.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from domain.readings import Text
from evaluation.text import load_labelled

DATA = Path(__file__).resolve().parent.parent / "evaluation" / "data" / "posts_dev.jsonl"
TRAINING = Path(__file__).resolve().parent.parent / "training"
SIZES = ((40, 8000, 80), (1000, 350, 6))
"""Characters of a post; posts that we read in a round, and that the plain loop reads."""
ROUNDS, FEW = 7, 4


def labelled_texts() -> list[Text]:
    """The development set's and the training posts, so that no text need be measured twice."""
    return [record.text for path in (DATA, *sorted(TRAINING.glob("*.jsonl"))) for record in load_labelled(path)]


def sized(texts: Sequence[Text], length: int, count: int) -> list[Text]:
    """``count`` texts of exactly ``length`` characters: those about one bank joined, cut up, and shuffled."""
    by_bank: dict[object, list[Text]] = {}
    for text in texts:
        by_bank.setdefault(text.bank, []).append(text)
    pieces = [
        Text(joined[start : start + length], "forum", None, group[0].bank)
        for group in by_bank.values()
        for joined in ["。".join(text.text.replace("\n", "") for text in group)]
        for start in range(0, len(joined) - length + 1, length)
    ]
    order = np.random.default_rng(0).permutation(len(pieces))
    return [pieces[place] for place in np.resize(order, count)]


def rate(work: Callable[[Sequence[Text]], object], texts: Sequence[Text]) -> float:
    """Posts a second of this process's CPU time."""
    begin = time.process_time()
    work(texts)
    return len(texts) / (time.process_time() - begin)


def plain_loop(keywords: Sequence[str]) -> Callable[[Sequence[Text]], object]:
    """jieba, SnowNLP and substring tests, one post after another."""
    import jieba
    from snownlp import SnowNLP

    jieba.initialize()
    return lambda texts: [
        (jieba.lcut(one.text), SnowNLP(one.text).sentiments, [w for w in keywords if w in one.text]) for one in texts
    ]


def scan(texts: Sequence[Text]) -> object:
    """All characters into one row of code points, each looked at once: what no reading can be faster than."""
    joined = "\n".join(text.text for text in texts).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(joined, dtype="<u4").sum()


def about_few(texts: Sequence[Text]) -> list[Text]:
    """Those about the first `FEW` banks: whoever reads, reads for few."""
    few = [*dict.fromkeys(text.bank for text in texts if text.bank)][:FEW]
    return [text for text in texts if text.bank in few]


def compare(
    ours: Callable[[Sequence[Text]], object], plain: Callable[[Sequence[Text]], object], texts: Sequence[Text]
) -> None:
    """Measure and print both, taking turns, at each size."""
    print(f"texts about {len({text.bank for text in texts})} banks")
    for length, many, few in SIZES:
        posts = sized(texts, length, many)
        size = sum(len(post.text.encode()) for post in posts) / len(posts)
        rounds = [
            (rate(ours, posts), rate(plain, posts[turn * few : (turn + 1) * few]), rate(scan, posts))
            for turn in range(ROUNDS)
        ]
        ratios = sorted(one / other for one, other, _ in rounds)
        fast, slow, limit = (statistics.median(side) for side in zip(*rounds, strict=True))
        print(
            f"{length} characters: {fast:,.0f} posts/s ({fast * size / 1e6:,.1f} MB/s), plain loop {slow:,.1f}, "
            f"ratio {statistics.median(ratios):,.0f} ({ratios[0]:,.0f} to {ratios[-1]:,.0f} in {ROUNDS} rounds); "
            f"one scan of the bytes {limit * size / 1e6:,.0f} MB/s"
        )


def main() -> None:
    """Measure and print. One process, one thread: numpy's helpers would count as CPU time and win nothing here."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    begin = time.perf_counter()
    from nlp.analyser import load_analyser
    from nlp.lexicon import load_taxonomy

    analyser = load_analyser()
    loaded = time.perf_counter() - begin
    analyser.read([Text("预热：服务差不多")])
    print(f"start-up: {loaded:.2f} s; with the first reading {time.perf_counter() - begin:.2f} s")
    keywords = [word for words in load_taxonomy().terms.values() for word in words[:10]]
    plain, texts = plain_loop(keywords), labelled_texts()
    compare(analyser.read, plain, texts)
    compare(analyser.read, plain, about_few(texts))


if __name__ == "__main__":
    main()
