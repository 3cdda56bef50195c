"""The other side of maskflow's benchmark of NADE: the same network in plain JAX.

A request to prepare a side names a file of rows, weights and orders, and how
much work a call does:

  {"kind": "train", "file": NPZ, "batch": 100, "steps": 8}    steps a call
  {"kind": "density", "file": NPZ, "batch": 500}              rows a call
"""

from protocol import serve

import platform

import jax
import jax.numpy as jnp
import jaxlib
import numpy as np

from adam import Adam
from batches import Batches


class Network:
    """Dense layers [from, to] without masks, the first of which has weights for
    which variables are given, too."""

    def __init__(self, file):
        a = np.load(file)
        self.rows = np.ascontiguousarray(a["rows"], np.float32)
        self.orders = np.atleast_2d(a["orders"].astype(np.int32))
        depth = sum(name.startswith("hidden") and name.endswith("_weights") for name in a)
        names = [f"hidden{l}" for l in range(depth)] + ["output"]
        layers = [(jnp.asarray(a[f"{n}_weights"]), jnp.asarray(a[f"{n}_bias"])) for n in names]
        self.params = (layers, jnp.asarray(a["hidden0_seen"]))


def loss(params, batch):
    """The mean over rows x of D/(D-k) times what the variables cost that are not
    among the k given ones, by one pass."""
    ((w, b), *upper), seen = params
    x, given = batch
    m = given.astype(x.dtype)
    a = (x * m) @ w + m @ seen + b
    for w, b in upper:
        a = jax.nn.relu(a) @ w + b
    cost = jnp.where(given, 0, jax.nn.softplus(a) - x * a)
    dim = x.shape[1]
    return jnp.mean(jnp.sum(cost, 1) * dim / (dim - jnp.sum(m, 1)))


class Cuts:
    """Batches with the cuts of their rows, some of which are drawn beforehand and
    used in turn."""

    COUNT = 64

    def __init__(self, rows, batch, steps):
        rng, dim = np.random.default_rng(2), rows.shape[1]
        shape = (batch, dim) if steps == 1 else (steps, batch, dim)
        self.cuts = []
        for _ in range(self.COUNT):
            count = rng.integers(0, dim, (*shape[:-1], 1))
            self.cuts.append(rng.random(shape).argsort(-1).argsort(-1) < count)
        self.batches, self.at = Batches(rows, batch, steps), 0

    def next(self):
        self.at += 1
        return self.batches.next(), self.cuts[self.at % self.COUNT]


def train(file, batch, steps):
    net = Network(file)
    return Adam(loss, net.params, Cuts(net.rows, batch, steps).next, steps)


def log_prob(params, x, order):
    """log p under an order: a loop over its variables, which carries the sums of
    the first layer, and asks the last one for one output."""
    ((first, bias), *upper, (last, base)), seen = params
    columns, outputs = x.T, last.T

    def variable(i, state):
        a, total = state
        d = order[i]
        h = jax.nn.relu(a)
        for w, b in upper:
            h = jax.nn.relu(h @ w + b)
        o, v = h @ outputs[d] + base[d], columns[d]
        return a + v[:, None] * first[d] + seen[d], total + v * o - jax.nn.softplus(o)

    start = jnp.broadcast_to(bias, (len(x), len(bias))), jnp.zeros(len(x), x.dtype)
    return jax.lax.fori_loop(0, len(order), variable, start)[1]


class Density:
    """log p of all rows, in batches: that of the mean over orders."""

    steps = 1

    def __init__(self, file, batch, steps):
        net = Network(file)
        self.params, self.orders = net.params, net.orders
        self.batches = [net.rows[i : i + batch] for i in range(0, len(net.rows), batch)]
        self.run = jax.jit(log_prob)
        self.check = self.call()[:100].tolist()

    def call(self):
        logp = np.stack([self.under(order) for order in self.orders])
        return np.logaddexp.reduce(logp.astype(np.float64), 0) - np.log(len(self.orders))

    def under(self, order):
        return np.concatenate([np.asarray(self.run(self.params, x, order)) for x in self.batches])


KINDS = {"train": train, "density": Density}


def prepare(r):
    return KINDS[r["kind"]](r["file"], r["batch"], r.get("steps", 1))


serve(f"jax {jax.__version__}, jaxlib {jaxlib.__version__}, numpy {np.__version__}, Python {platform.python_version()}", prepare)
