"""The channel between maskflow's benchmark and a program that it is measured
beside. Import it first.

One JSON request a line comes in on stdin, one JSON answer a line goes out. The
first request prepares a side, each that follows is a round of it:

  {"kind": KIND, ...}
      -> {"versions": "...", "check": [...], "variant": "...", "tried": [...]}
         numbers that maskflow must agree with; where a kind of work can be done
         in several ways, the fastest of them and what each of them took
  {"seconds": 0.5}
      -> {"best_ms": ...}

A failure answers {"error": "..."}.
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


def measure(side, seconds):
    """Times calls of side.call, each of side.steps steps, for some seconds: the
    milliseconds of a step in the best call."""
    spans, end = [], time.perf_counter() + seconds
    while not spans or time.perf_counter() < end:
        start = time.perf_counter()
        side.call()
        spans.append(1000 * (time.perf_counter() - start) / side.steps)
    return min(spans)


def serve(versions, prepare):
    """Answers requests until stdin ends. prepare makes the side of the first."""
    side = None
    for line in sys.stdin:
        try:
            r = json.loads(line)
            if side is None:
                side = prepare(r)
                reply = {k: getattr(side, k) for k in ("check", "variant", "tried") if hasattr(side, k)} | {"versions": versions}
            else:
                reply = {"best_ms": measure(side, r["seconds"])}
        except Exception as e:
            reply = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(reply), file=answers)
