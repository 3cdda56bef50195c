"""The other side of maskflow's benchmark of MADE: the same network in plain JAX.

A request to prepare a side names a file of rows, weights and degrees, and how
much work a call does:

  {"kind": "train", "file": NPZ, "batch": 100, "steps": 8}    steps a call
  {"kind": "density", "file": NPZ, "batch": 500}              rows a call
  {"kind": "sample", "file": NPZ, "batch": 100}               samples a call
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
    """A MADE with dense weights [from, to], multiplied by masks."""

    def __init__(self, file):
        a = np.load(file)
        count = sum(name.startswith("weights") for name in a)
        self.rows = np.ascontiguousarray(a["rows"], np.float32)
        self.params = [(jnp.asarray(a[f"weights{l}"]), jnp.asarray(a[f"bias{l}"])) for l in range(count)]
        self.order = a["degrees0"].astype(int)
        degrees = [a[f"degrees{l}"] for l in range(count)] + [a["degrees0"]]
        self.masks = []
        for l in range(count):
            below, above = degrees[l][:, None], degrees[l + 1][None, :]
            seen = above > below if l == count - 1 else above >= below
            self.masks.append(jnp.asarray(seen, jnp.float32))

    def masked(self, params):
        return [(w * m, b) for (w, b), m in zip(params, self.masks)]

    def logits(self, masked, x):
        for w, b in masked[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = masked[-1]
        return x @ w + b

    def log_prob(self, params, x):
        logits = self.logits(self.masked(params), x)
        return jnp.sum(x * logits - jax.nn.softplus(logits), -1)


def train(file, batch, steps):
    net = Network(file)
    return Adam(lambda params, x: -jnp.mean(net.log_prob(params, x)), net.params, Batches(net.rows, batch, steps).next, steps)


class Density:
    """log p of all rows, in batches."""

    steps = 1

    def __init__(self, file, batch, steps):
        net = Network(file)
        self.params = net.params
        self.batches = [net.rows[i : i + batch] for i in range(0, len(net.rows), batch)]
        self.run = jax.jit(net.log_prob)
        self.check = self.call()[:100].tolist()

    def call(self):
        return np.concatenate([np.asarray(y) for y in [self.run(self.params, x) for x in self.batches]])


class Sample:
    """Ancestral sampling: a pass through the whole network for each variable."""

    steps = 1

    def __init__(self, file, batch, steps):
        net = Network(file)
        self.params, self.shape = net.params, (batch, len(net.order))
        self.rng = np.random.default_rng(1)
        order = jnp.asarray(np.argsort(net.order))

        def sample(params, noise):
            masked = net.masked(params)

            def variable(i, x):
                d = order[i]
                p = jax.nn.sigmoid(net.logits(masked, x)[:, d])
                return x.at[:, d].set((noise[:, d] < p).astype(x.dtype))

            return jax.lax.fori_loop(0, len(order), variable, jnp.zeros_like(noise))

        self.run = jax.jit(sample)
        self.check = [float(np.mean(self.call()))]

    def call(self):
        return np.asarray(self.run(self.params, self.rng.random(self.shape, np.float32)))


KINDS = {"train": train, "density": Density, "sample": Sample}


def prepare(r):
    return KINDS[r["kind"]](r["file"], r["batch"], r.get("steps", 1))


serve(f"jax {jax.__version__}, jaxlib {jaxlib.__version__}, numpy {np.__version__}, Python {platform.python_version()}", prepare)
