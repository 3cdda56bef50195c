"""MAF and IAF of Zuko, nflows and normflows, eager and compiled."""

import os
from functools import partial
from importlib.metadata import version

import nflows.distributions
import nflows.flows
import nflows.transforms
import normflows
import torch
import zuko
from torch.nn import functional as F

RATE = 1e-3
ROWS = (2000, 5000)  # rows a call
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()  # taskset may leave fewer

torch.distributions.Distribution.set_default_validate_args(False)


def banana(x):
    """The log-density of pairs, but for a constant, that an IAF learns."""
    return -0.5 * (x[:, 0] ** 2 + (x[:, 1] - x[:, 0] ** 2 / 2) ** 2)


class Torch:
    """What the three libraries share. A library gives a flow as a module, and
    functions of it: log_prob(model, rows), draw(model, count), and samples with
    their log-densities, draw_with_density(model, count)."""

    name = ""

    def versions(self):
        return f"{self.name} {version(self.name)} (torch {torch.__version__})"

    def model(self, flow):
        torch.manual_seed(0)
        return self.flow(flow)

    def ways(self, start, threads=(CORES,), sizes=(None,), compiling=True):
        """Ways to work by what start(compile) returns, where compile is the
        function to compile the numerical part with."""

        def make(compile, n):
            torch.set_num_threads(n)
            run = start(compile)

            def call(*args):
                torch.set_num_threads(n)  # another way may have set its own
                return run(*args)

            return call

        ways = {"eager": lambda f: f}
        if compiling:
            ways["compiled"] = partial(torch.compile, dynamic=False)
        return [
            (", ".join([name, "1 thread" if n == 1 else f"{n} threads", *([f"{size} rows a call"] if size else [])]),
             partial(make, compile, n), 1, size)
            for name, compile in ways.items() for n in sorted(set(threads)) for size in sizes
        ]

    def train(self, flow, batch):
        def start(compile):
            model = self.model(flow)
            adam = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)

            def forward(rows):
                return -self.log_prob(model, rows).mean()

            def reverse():
                x, logp = self.draw_with_density(model, batch)
                return (logp - banana(x)).mean()

            loss = compile(reverse if flow.inverse else forward)

            def step(rows):
                adam.zero_grad()
                value = loss() if rows is None else loss(torch.from_numpy(rows))
                value.backward()
                adam.step()
                return value.detach()

            return step

        return self.ways(start, threads=(1, CORES))

    def density(self, flow):
        def start(compile):
            model = self.model(flow)
            run = compile(lambda rows: self.log_prob(model, rows))

            def call(rows):
                with torch.no_grad():
                    return run(torch.from_numpy(rows))

            return call

        return self.ways(start, sizes=ROWS)

    def sample(self, flow, count):
        def start(compile):
            model = self.model(flow)

            def samples():
                return self.draw_with_density(model, count) if flow.inverse else (self.draw(model, count),)

            run = compile(samples)

            def call():
                with torch.no_grad():
                    return run()

            return call

        # Compiling the inverse of a MAF unrolls a pass for each variable of each
        # layer, which takes minutes.
        return self.ways(start, threads=(1, CORES), compiling=flow.inverse)


class Zuko(Torch):
    name = "zuko"

    def flow(self, flow):
        maf = zuko.flows.MAF(flow.dim, transforms=flow.layers, hidden_features=flow.hidden)
        return zuko.flows.Flow(maf.transform.inv, maf.base) if flow.inverse else maf

    def log_prob(self, model, rows):
        return model().log_prob(rows)

    def draw(self, model, count):
        return model().sample((count,))

    def draw_with_density(self, model, count):
        return model().rsample_and_log_prob((count,))


class NFlows(Torch):
    name = "nflows"

    def flow(self, flow):
        layers = []
        for _ in range(flow.layers):
            layer = nflows.transforms.MaskedAffineAutoregressiveTransform(
                flow.dim, flow.hidden[0], num_blocks=len(flow.hidden) - 1, use_residual_blocks=False, activation=F.relu)
            layers.append(nflows.transforms.InverseTransform(layer) if flow.inverse else layer)
            layers.append(nflows.transforms.ReversePermutation(flow.dim))
        return nflows.flows.Flow(nflows.transforms.CompositeTransform(layers), nflows.distributions.StandardNormal([flow.dim]))

    def log_prob(self, model, rows):
        return model.log_prob(rows)

    def draw(self, model, count):
        return model.sample(count)

    def draw_with_density(self, model, count):
        return model.sample_and_log_prob(count)


class NormFlows(Torch):
    name = "normflows"

    def flow(self, flow):
        layers = []
        for _ in range(flow.layers):
            # Of itself this layer has the direction of an IAF.
            layer = normflows.flows.MaskedAffineAutoregressive(
                flow.dim, flow.hidden[0], num_blocks=len(flow.hidden) - 1, use_residual_blocks=False, activation=F.relu)
            layers += [layer if flow.inverse else normflows.flows.Reverse(layer), normflows.flows.Permute(flow.dim, mode="swap")]
        return normflows.NormalizingFlow(normflows.distributions.DiagGaussian(flow.dim, trainable=False), layers)

    def log_prob(self, model, rows):
        return model.log_prob(rows)

    def draw(self, model, count):
        return model.sample(count)[0]

    def draw_with_density(self, model, count):
        return model.sample(count)
