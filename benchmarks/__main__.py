"""``make bench``: every benchmark, each as a ratio to a named alternative in the same run."""

from __future__ import annotations

from benchmarks import crawl, incidents, sweep, text

if __name__ == "__main__":
    text.main()
    incidents.main()
    crawl.main()
    sweep.main()
