"""The channel between maskflow's benchmark and a program that it is measured
beside. Import it first.

One JSON request a line comes in on stdin, one JSON answer a line goes out:

  {"do": "prepare", "side": NAME, "kind": KIND, ...}
      -> {"check": [...], "variant": "...", "variants": [...]}
         numbers that maskflow must agree with; where a kind of work can be done
         in several ways, the fastest of them and what each of them took
  {"do": "round", "side": NAME, "seconds": 0.5}
      -> {"best_ms": ..., "median_ms": ..., "calls": ...}
  {"do": "forget", "side": NAME}  -> {}

A failure answers {"error": "..."}. The first line out is {"versions": "..."}.
Each call of a side starts from rows in host memory and ends when its result is
there.
"""

import json
import os
import sys

# The answers have a channel of their own, so that a library that prints does
# not disturb them.
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import time
from statistics import median


def measure(side, seconds):
    """Times calls of side.call, each of side.steps steps, for some seconds."""
    spans, end = [], time.perf_counter() + seconds
    while not spans or time.perf_counter() < end:
        start = time.perf_counter()
        side.call()
        spans.append(1000 * (time.perf_counter() - start) / side.steps)
    return {"best_ms": min(spans), "median_ms": median(spans), "calls": len(spans)}


def answer(prepare, sides, r):
    if r["do"] == "prepare":
        side = sides[r["side"]] = prepare(r)
        return {k: getattr(side, k) for k in ("check", "variant", "variants") if hasattr(side, k)}
    if r["do"] == "round":
        return measure(sides[r["side"]], r["seconds"])
    if r["do"] == "forget":
        del sides[r["side"]]
        return {}
    raise ValueError(f"unknown request {r['do']!r}")


def serve(versions, prepare):
    """Answers requests until stdin ends. prepare makes the side of a request."""
    sides = {}
    print(json.dumps({"versions": versions}), file=answers)
    for line in sys.stdin:
        try:
            reply = answer(prepare, sides, json.loads(line))
        except Exception as e:
            reply = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(reply), file=answers)
