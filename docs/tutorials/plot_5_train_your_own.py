"""
Train your own network and compare
==================================

A network in plain torch, trained on samples of mesoinv, scored as the leaderboard scores: the
conductance of a wire of 3 × 3 sites from its on-site energies.
"""

# %%
# Data
# ----
# ``SampleDataset`` generates samples by index, or reads a built folder or the Hub.

import torch
from torch import nn

import mesoinv
from mesoinv.loaders import SampleDataset

torch.manual_seed(0)
torch.set_num_threads(1)
COLUMNS = ["onsite_energy", "conductance"]
train = SampleDataset("conductance", "model1_3x3", "train", columns=COLUMNS, count=40_000)
rows = [train[i] for i in range(len(train))]
inputs = torch.stack([torch.as_tensor(row["onsite_energy"]) for row in rows]).float()
wanted = torch.stack([torch.as_tensor(row["conductance"]) for row in rows]).float()
print(inputs.shape, wanted.shape)

# %%
# A network
# ---------
# It takes a batch of the task's input, (B, 3, 3), and returns the target.

network = nn.Sequential(
    nn.Flatten(), nn.Linear(9, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(),
    nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 1), nn.Flatten(0),
)  # fmt: skip
optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3)
EPOCHS, BATCH = 25, 500
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
for epoch in range(EPOCHS):
    for batch in torch.randperm(len(inputs)).split(BATCH):
        loss = nn.functional.mse_loss(network(inputs[batch]), wanted[batch].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    schedule.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: {loss.item():.2e}")

# %%
# Compare
# -------
# Anything that is called with the inputs can be scored. The zoo's models are scored the same way.

network.eval()
scores = {}
for subject in (
    network,
    "conductance-model1-3x3-dnn.paper",
    "conductance-model1-3x3-constant.full",
):
    result = mesoinv.evaluate(subject, "conductance-model1-3x3", samples=2000)
    name = subject if isinstance(subject, str) else "this network"
    scores[name] = score = result.headline
    print(f"{name}: {score.value:.3f} [{score.low:.3f}, {score.high:.3f}]")
