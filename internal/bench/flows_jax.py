"""MAF and IAF of FlowJAX and NumPyro, jitted."""

from functools import partial

import equinox as eqx
import flowjax
import jax
import jax.numpy as jnp
import jax.random as jr
import numpyro
import numpyro.distributions as dist
import optax
import paramax
from flowjax.distributions import Normal
from flowjax.flows import masked_autoregressive_flow
from flowjax.train.losses import ElboLoss, MaximumLikelihoodLoss
from flowjax.train.train_utils import step as flowjax_step
from numpyro.distributions.flows import InverseAutoregressiveTransform
from numpyro.nn import AutoregressiveNN

RATE = 1e-3
SCANS = (1, 8, 32)  # steps of training a call
ROWS = (2000, 10_000, None)  # rows a call; None: all


def banana(x):
    """The log-density of a pair, but for a constant, that an IAF learns."""
    return -0.5 * (x[0] ** 2 + (x[1] - x[0] ** 2 / 2) ** 2)


class Loop:
    """Training by step(state, rows, key) -> state, loss, several steps a call.
    The state stays on the device and is donated to each call."""

    def __init__(self, step, state, steps):
        def run(state, key, rows):
            key, *keys = jr.split(key, steps + 1)
            if steps == 1:
                state, loss = step(state, rows, keys[0])
            else:
                state, loss = jax.lax.scan(lambda s, a: step(s, *a), state, (rows, jnp.stack(keys)), length=steps)
            return state, key, loss

        self.run, self.state, self.key = jax.jit(run, donate_argnums=(0, 1)), state, jr.key(1)

    def __call__(self, rows):
        self.state, self.key, loss = self.run(self.state, self.key, rows)
        return loss


class Draws:
    """Samples by draw(model, key), with a stream of keys."""

    def __init__(self, draw, model):
        self.draw, self.model, self.key = jax.jit(draw), model, jr.key(1)

    def __call__(self):
        self.key, key = jr.split(self.key)
        return self.draw(self.model, key)


def scans(loop):
    """Ways to train by loop(steps)."""
    return [("a step a call" if steps == 1 else f"scan of {steps}", partial(loop, steps), steps) for steps in SCANS]


def parts(log_prob, model):
    """Ways to evaluate log_prob(model, rows): all rows at once or parts of them."""
    run = partial(jax.jit(log_prob), model)
    return [("all rows at once" if n is None else f"{n} rows a call", lambda: run, 1, n) for n in ROWS]


class FlowJAX:
    def versions(self):
        return f"flowjax {flowjax.__version__} (jax {jax.__version__}, equinox {eqx.__version__}, optax {optax.__version__})"

    def flow(self, flow):
        """The parameters of a flow, and what else it is made of."""
        whole = masked_autoregressive_flow(
            jr.key(0), base_dist=Normal(jnp.zeros(flow.dim)), flow_layers=flow.layers, nn_width=flow.hidden[0],
            nn_depth=len(flow.hidden), nn_activation=jax.nn.relu, invert=not flow.inverse)
        return eqx.partition(whole, eqx.is_inexact_array, is_leaf=lambda leaf: isinstance(leaf, paramax.NonTrainable))

    def train(self, flow, batch):
        optimizer = optax.adam(RATE)
        loss = ElboLoss(banana, batch) if flow.inverse else MaximumLikelihoodLoss()

        def start():
            params, static = self.flow(flow)

            def step(state, rows, key):
                params, opt_state = state
                args = (static,) if flow.inverse else (static, rows)
                params, opt_state, value = flowjax_step(
                    params, *args, optimizer=optimizer, opt_state=opt_state, loss_fn=loss, key=key)
                return (params, opt_state), value

            return step, (params, optimizer.init(params))

        def plain():
            step, state = start()
            held = [state, jr.key(1)]

            def call(rows):
                held[1], key = jr.split(held[1])
                held[0], value = step(held[0], rows, key)
                return value

            return call

        return [("its step", plain), *scans(lambda steps: Loop(*start(), steps))]

    def density(self, flow):
        params, static = self.flow(flow)
        return parts(lambda p, x: eqx.combine(p, static).log_prob(x), params)

    def sample(self, flow, count):
        params, static = self.flow(flow)

        def draw(p, key):
            d = eqx.combine(p, static)
            return d.sample_and_log_prob(key, (count,)) if flow.inverse else (d.sample(key, (count,)),)

        return [("jitted", lambda: Draws(draw, params))]


class NumPyro:
    def versions(self):
        return f"numpyro {numpyro.__version__} (jax {jax.__version__})"

    def flow(self, flow):
        """The parameters of a flow, and the function of them that gives its
        distribution."""
        order = jnp.arange(flow.dim)
        nets = [AutoregressiveNN(flow.dim, flow.hidden, permutation=order[::-1] if l % 2 else order) for l in range(flow.layers)]
        params = [init(key, (flow.dim,))[1] for (init, _), key in zip(nets, jr.split(jr.key(0), flow.layers))]

        def distribution(params):
            layers = [InverseAutoregressiveTransform(partial(apply, p)) for (_, apply), p in zip(nets, params)]
            return dist.TransformedDistribution(
                dist.Normal(jnp.zeros(flow.dim)).to_event(1), layers if flow.inverse else [l.inv for l in layers])

        return params, distribution

    def train(self, flow, batch):
        optimizer = numpyro.optim.Adam(RATE)

        def start():
            params, distribution = self.flow(flow)

            def loss(params, rows, key):
                d = distribution(params)
                if not flow.inverse:
                    return -jnp.mean(d.log_prob(rows)), None
                x, between = d.sample_with_intermediates(key, (batch,))
                return jnp.mean(d.log_prob(x, between) - jax.vmap(banana)(x)), None

            def step(state, rows, key):
                (value, _), state = optimizer.eval_and_update(lambda p: loss(p, rows, key), state)
                return state, value

            return step, optimizer.init(params)

        return scans(lambda steps: Loop(*start(), steps))

    def density(self, flow):
        params, distribution = self.flow(flow)
        return parts(lambda p, x: distribution(p).log_prob(x), params)

    def sample(self, flow, count):
        params, distribution = self.flow(flow)

        def draw(p, key):
            d = distribution(p)
            if not flow.inverse:
                return (d.sample(key, (count,)),)
            x, between = d.sample_with_intermediates(key, (count,))
            return x, d.log_prob(x, between)

        return [("jitted", lambda: Draws(draw, params))]
