"""Densities of scikit-learn and Zuko, of rows standardised by those of train. Standard input has one JSON object, rows train, valid and
test and a seed; each model answers with one line: its name, ln p of the rows of test in their own units, what was chosen, and seconds."""

import copy
import json
import sys
import time
import warnings

import numpy as np
import torch
import zuko
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

warnings.simplefilter("ignore", ConvergenceWarning)
torch.distributions.Distribution.set_default_validate_args(False)


def gaussian(train, valid, test, seed):
    """Mean and covariances of the training rows."""
    one = GaussianMixture(1, covariance_type="full", reg_covar=0).fit(train)
    return one.score_samples(test), ""


def mixture(train, valid, test, seed):
    """The best on the validation rows, of fits to many rows at most, fitted to all training rows."""
    best, least, many = None, np.inf, train[np.random.default_rng(seed).permutation(len(train))[:10_000]]
    for kind in ("full", "tied", "diag"):
        for floor in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2):
            for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20):
                try:
                    m = GaussianMixture(n, covariance_type=kind, reg_covar=floor, random_state=seed).fit(many)
                except ValueError:  # a covariance that has no inverse
                    continue
                nll = -m.score(valid)
                if nll < least:
                    best, least = m, nll
    if len(many) < len(train):
        best = best.fit(train)
    return best.score_samples(test), f"{best.n_components} {best.covariance_type}, reg_covar {best.reg_covar:g}"


def flow(make):
    """Adam with a rate of 1e-3, ended when the validation rows have not improved for so many epochs; the best weights are kept."""
    patience, most = 30, 1000

    def train_flow(train, valid, test, seed):
        torch.manual_seed(seed)
        train, valid, test = (torch.tensor(v, dtype=torch.float32) for v in (train, valid, test))
        batch = 64 if len(train) < 2000 else 512
        f = make(train.shape[1], transforms=3, hidden_features=[64, 64])
        adam = torch.optim.Adam(f.parameters(), lr=1e-3)
        best, least, last = None, np.inf, 0
        for epoch in range(most):
            for rows in torch.randperm(len(train)).split(batch):
                loss = -f().log_prob(train[rows]).mean()
                adam.zero_grad()
                loss.backward()
                adam.step()
            with torch.no_grad():
                nll = -f().log_prob(valid).mean().item()
            if nll < least:
                best, least, last = copy.deepcopy(f.state_dict()), nll, epoch
            elif epoch - last >= patience:
                break
        f.load_state_dict(best)
        with torch.no_grad():
            return f().log_prob(test).double().numpy(), f"epoch {last + 1}"

    return train_flow


models = {"full Gaussian": gaussian, "GaussianMixture": mixture, "zuko MAF": flow(zuko.flows.MAF), "zuko NSF": flow(zuko.flows.NSF)}

asked = json.load(sys.stdin)
rows = [np.array(asked[part]) for part in ("train", "valid", "test")]
mean, deviation = rows[0].mean(0), rows[0].std(0)
rows = [(part - mean) / deviation for part in rows]
for name, model in models.items():
    start = time.time()
    logp, chosen = model(*rows, asked["seed"])
    print(json.dumps({"model": name, "logp": [round(float(v), 5) for v in logp - np.log(deviation).sum()], "chosen": chosen, "seconds": round(time.time() - start, 1)}), flush=True)
