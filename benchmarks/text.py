"""Throughput of the text stage beside the plain loop of such systems, in one run.

The plain loop cuts with jieba, scores with SnowNLP and tests keywords by substring. Ours does everything: normalising,
names, topics, negativity, severity, evidence. ``python -m benchmarks.text`` prints posts a second of CPU time and the
ratio; import and model loading are told apart. The measured texts are the development set's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from domain.readings import Text
from evaluation.text import load_labelled

DATA = Path(__file__).resolve().parent.parent / "evaluation" / "data" / "posts_dev.jsonl"
SHORT, LONG = 40, 1000


def sized(texts: Sequence[Text], length: int, count: int) -> list[Text]:
    """``count`` texts of exactly ``length`` characters, made by joining the given ones."""
    joined = "。".join(text.text.replace("\n", "") for text in texts)
    step = max(1, (len(joined) - length) // count)
    return [
        Text(joined[start : start + length], "forum", None, texts[number % len(texts)].bank)
        for number, start in enumerate(range(0, step * count, step))
    ]


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


def main() -> None:
    """Measure and print."""
    begin = time.perf_counter()
    from nlp.analyser import load_analyser
    from nlp.lexicon import load_taxonomy

    analyser = load_analyser()
    analyser.read([Text("预热：服务差不多")])
    print(f"start-up (import, model, first reading): {time.perf_counter() - begin:.2f} s")
    texts = [record.text for record in load_labelled(DATA)]
    keywords = [word for words in load_taxonomy().terms.values() for word in words[:10]]
    plain = plain_loop(keywords)
    for length, count in ((SHORT, 4000), (LONG, 300)):
        ours = rate(analyser.read, sized(texts, length, count))
        theirs = rate(plain, sized(texts, length, count // 20))
        print(f"{length} characters: {ours:,.0f} posts/s, plain loop {theirs:,.1f} posts/s, ratio {ours / theirs:,.0f}")


if __name__ == "__main__":
    main()
