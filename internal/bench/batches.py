"""Mini-batches of rows in host memory, shuffled anew for each epoch."""

import numpy as np


class Batches:
    """Yields arrays [batch, dim], or [steps, batch, dim] for several steps."""

    def __init__(self, rows, batch, steps):
        self.rows, self.batch, self.steps = rows, batch, steps
        self.rng = np.random.default_rng(1)
        self.order, self.at = self.rng.permutation(len(rows)), 0

    def next(self):
        n = self.batch * self.steps
        if self.at + n > len(self.rows):
            self.order, self.at = self.rng.permutation(len(self.rows)), 0
        x = self.rows[self.order[self.at : self.at + n]]
        self.at += n
        return x if self.steps == 1 else x.reshape(self.steps, self.batch, -1)
