"""Training by Adam in plain JAX: one step a call, or a scan over several."""

import jax
import jax.numpy as jnp
import numpy as np


class Adam:
    """Steps on the loss(params, batch), batches being what gather() returns: of
    several steps with an axis for them in front."""

    WARM_UP = 64  # steps, the same on maskflow's side

    def __init__(self, loss, params, gather, steps):
        self.steps, self.gather = steps, gather

        def step(state, batch):
            params, m, v, t = state
            value, g = jax.value_and_grad(loss)(params, batch)
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            rate, scale = 1e-3 / (1 - 0.9**t), jax.lax.rsqrt(1 - 0.999**t)
            params = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + 1e-8), params, m, v)
            return (params, m, v, t), value

        run = step if steps == 1 else lambda state, batches: jax.lax.scan(step, state, batches)
        self.run = jax.jit(run, donate_argnums=0)
        zeros = [jax.tree.map(jnp.zeros_like, params) for _ in range(2)]
        self.state = (params, *zeros, jnp.float32(0))
        self.next = gather()
        losses = [np.mean(self.call()) for _ in range(self.WARM_UP // steps)]
        self.check = [float(np.mean(losses))]

    def call(self):
        # The next rows are collected while JAX computes.
        self.state, loss = self.run(self.state, self.next)
        self.next = self.gather()
        return np.asarray(loss)
