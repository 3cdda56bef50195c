"""The other sides of maskflow's benchmark of flows: MAF and IAF of a library.

The library is named as the program's argument. A request to prepare a side says
what flow, what work, and how much of it a call does:

  {"kind": "flow_train", "dim": 21, "layers": 5, "hidden": [128, 128],
   "file": NPZ, "batch": 128}                       rows a step of Adam
  {"kind": "flow_density", ..., "file": NPZ}        log p of all rows
  {"kind": "flow_sample", ..., "batch": 1000}       samples

With "inverse" the flow is an IAF, whose fast direction is that of samples. It
is trained without rows, by reverse KL against a banana, and its samples come
with their density.

A library may offer several ways to the same work (a step a call or a scan, as it
is or compiled, one thread or all): each is tried, and the fastest is the side.
The flows are the library's own, as it initialises them: affine transformers,
ReLU, a standard normal base, the order of the variables turned between layers.
"""

from protocol import measure, serve

import importlib
import math
import sys
from collections import namedtuple

import numpy as np

from batches import Batches

LIBRARIES = {
    "flowjax": ("flows_jax", "FlowJAX"),
    "numpyro": ("flows_jax", "NumPyro"),
    "zuko": ("flows_torch", "Zuko"),
    "nflows": ("flows_torch", "NFlows"),
    "normflows": ("flows_torch", "NormFlows"),
}

# A way to do a piece of work, which a library gives as a plain tuple: make()
# returns the function to call, on rows or on nothing; a call does so many steps,
# or works on so many rows.
Way = namedtuple("Way", "name make steps rows", defaults=(1, None))

TRIAL = 0.3  # seconds for each way

WARM_UP = 64  # steps of training, over which the loss must fall


class Side:
    """What is timed: one way to do the work, with all that it needs prepared."""

    def __init__(self, call, steps=1):
        self.call, self.steps, self.check = call, steps, []


def train(way, rows, batch):
    step = way.make()
    gather = (lambda: None) if rows is None else Batches(rows, batch, way.steps).next
    held = [gather()]

    def call():
        # The next rows are collected while the library computes.
        loss, held[0] = step(held[0]), gather()
        return np.asarray(loss)

    losses = np.concatenate([np.atleast_1d(call()) for _ in range(math.ceil(WARM_UP / way.steps))])
    first, last = losses[:8].mean(), losses[-8:].mean()
    if not np.isfinite(losses).all() or last >= first:
        raise ArithmeticError(f"the loss does not fall: {first:.4g} nats at first, {last:.4g} after {len(losses)} steps")
    return Side(call, way.steps)


def density(way, rows):
    log_prob, size = way.make(), way.rows or len(rows)
    parts = [rows[i : i + size] for i in range(0, len(rows), size)]

    def call():
        return np.concatenate([np.asarray(y) for y in [log_prob(x) for x in parts]])

    logp = call()
    if logp.shape != (len(rows),) or not np.isfinite(logp).all():
        raise ArithmeticError(f"log p has shape {logp.shape} and mean {logp.mean()}")
    return Side(call)


def sample(way, flow, count):
    draw = way.make()

    def call():
        return [np.asarray(a) for a in draw()]

    out, again = call(), call()
    shapes = [a.shape for a in out]
    if shapes != [(count, flow.dim)] + [(count,)] * flow.inverse or not all(np.isfinite(a).all() for a in out):
        raise ArithmeticError(f"samples have shapes {shapes} and means {[a.mean() for a in out]}")
    if (out[0] == again[0]).all(axis=1).any():
        raise ArithmeticError("two calls drew the same sample")
    return Side(call)


def fastest(ways, make):
    """Tries each way, keeps the fastest, and notes what each of them took."""
    best, best_ms, tried = None, math.inf, []
    for way in ways:
        way = Way(*way)
        try:
            side = make(way)
            ms = measure(side, TRIAL)
        except Exception as e:
            tried.append(f"{way.name}: failed: {type(e).__name__}: {e}".splitlines()[0])
            continue
        tried.append(f"{way.name}: {ms:.3f} ms")
        if ms < best_ms:
            best, best_ms = side, ms
            best.variant = way.name
    if best is None:
        raise RuntimeError("; ".join(tried))
    best.tried = tried
    return best


Flow = namedtuple("Flow", "dim layers hidden inverse")


def main():
    module, name = LIBRARIES[sys.argv[1]]
    library = getattr(importlib.import_module(module), name)()

    def prepare(r):
        flow = Flow(r["dim"], r["layers"], r["hidden"], r.get("inverse", False))
        rows = np.ascontiguousarray(np.load(r["file"])["rows"], np.float32) if "file" in r else None
        if r["kind"] == "flow_train":
            return fastest(library.train(flow, r["batch"]), lambda way: train(way, rows, r["batch"]))
        if r["kind"] == "flow_density":
            return fastest(library.density(flow), lambda way: density(way, rows))
        if r["kind"] == "flow_sample":
            return fastest(library.sample(flow, r["batch"]), lambda way: sample(way, flow, r["batch"]))
        raise ValueError(f"unknown kind of work {r['kind']!r}")

    serve(library.versions(), prepare)


if __name__ == "__main__":
    main()
