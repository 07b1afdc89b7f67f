"""torch_geometric: convolutions on graphs, batches of them, and a small network trained."""

from __future__ import annotations

import torch
import torch.nn.functional as F
import torch_geometric.nn as gnn
import torch_geometric.transforms as transforms
from torch_geometric import utils
from torch_geometric.data import Data, HeteroData
from torch_geometric.loader import DataLoader

EDGES = torch.tensor([[0, 1, 1, 2, 2, 3, 3, 0, 0, 2], [1, 0, 2, 1, 3, 2, 0, 3, 2, 0]])
LAYERS = {
    "GCNConv": lambda: gnn.GCNConv(5, 3),
    "GATConv": lambda: gnn.GATConv(5, 3, heads=2),
    "GATv2Conv": lambda: gnn.GATv2Conv(5, 3),
    "SAGEConv": lambda: gnn.SAGEConv(5, 3),
    "GINConv": lambda: gnn.GINConv(torch.nn.Linear(5, 3)),
    "ChebConv": lambda: gnn.ChebConv(5, 3, K=2),
    "GraphConv": lambda: gnn.GraphConv(5, 3),
    "TAGConv": lambda: gnn.TAGConv(5, 3),
    "SGConv": lambda: gnn.SGConv(5, 3, K=2),
    "TransformerConv": lambda: gnn.TransformerConv(5, 3),
    "EdgeConv": lambda: gnn.EdgeConv(torch.nn.Linear(10, 3)),
    "GatedGraphConv": lambda: gnn.GatedGraphConv(6, 2),
    "ARMAConv": lambda: gnn.ARMAConv(5, 3),
    "MFConv": lambda: gnn.MFConv(5, 3),
    "PNAConv": lambda: gnn.PNAConv(5, 3, ["mean", "max", "std"], ["identity", "amplification"], deg=torch.tensor([0, 0, 4, 4])),
    "ResGatedGraphConv": lambda: gnn.ResGatedGraphConv(5, 3),
    "GENConv": lambda: gnn.GENConv(5, 3),
}  # fmt: skip
MODELS = {
    "GCN": lambda: gnn.models.GCN(5, 8, 2, 3),
    "GAT": lambda: gnn.models.GAT(5, 8, 2, 3),
    "GraphSAGE": lambda: gnn.models.GraphSAGE(5, 8, 2, 3, jk="cat"),
}


def _graph():
    torch.manual_seed(0)
    return Data(x=torch.randn(4, 5), edge_index=EDGES, y=torch.tensor([0, 1, 0, 1]))


def _graphs():
    torch.manual_seed(3)
    return [
        Data(x=torch.randn(n, 5), edge_index=torch.randint(0, n, (2, 2 * n)), y=torch.tensor([n % 2]))
        for n in (3, 4, 5, 6)
    ]


def convolutions():
    """Values and gradients."""
    graph = _graph()
    for name, make in (LAYERS | MODELS).items():
        torch.manual_seed(1)
        layer = make()
        yield f"{name}, repr", repr(layer)
        x = graph.x.clone().requires_grad_()
        out = layer(x, EDGES)
        yield name, out
        out.square().sum().backward()
        yield f"{name}, gradient", x.grad
        for key, value in layer.named_parameters():
            if value.grad is not None:
                yield f"{name}, gradient of {key}", value.grad


def training():
    """Two layers and dropout, on one graph; then on batches of graphs."""

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = gnn.GCNConv(5, 8)
            self.second = gnn.GCNConv(8, 2)

        def forward(self, x, edges):
            return self.second(F.dropout(self.first(x, edges).relu(), 0.5, self.training), edges)

    graph = _graph()
    torch.manual_seed(2)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=5e-4)
    for step in range(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(graph.x, graph.edge_index), graph.y)
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
    for batch in DataLoader(_graphs(), batch_size=2, shuffle=True):
        optimizer.zero_grad()
        pooled = gnn.global_mean_pool(net(batch.x, batch.edge_index), batch.batch)
        loss = F.cross_entropy(pooled, batch.y)
        loss.backward()
        optimizer.step()
        yield f"batch {batch}", loss


def pooling():
    """Batches, pools and norms."""
    for batch in DataLoader(_graphs(), batch_size=4):
        yield "batch", batch.batch
        yield "mean", gnn.global_mean_pool(batch.x, batch.batch)
        yield "sum", gnn.global_add_pool(batch.x, batch.batch)
        yield "max", gnn.global_max_pool(batch.x, batch.batch)
        yield "dense", utils.to_dense_batch(batch.x, batch.batch)[0]
        for norm in (gnn.GraphNorm(5), gnn.InstanceNorm(5), gnn.MessageNorm(True)):
            if isinstance(norm, gnn.MessageNorm):
                yield "MessageNorm", norm(batch.x, batch.x + 1)
            else:
                yield type(norm).__name__, norm(batch.x, batch.batch)
        yield "apart", batch[2].x
    torch.manual_seed(7)
    kept = gnn.TopKPooling(5)(_graph().x, EDGES)
    for name, value in zip(("x", "edges", "batch", "places"), (kept[0], kept[1], kept[3], kept[4]), strict=True):
        yield f"TopKPooling, {name}", value
    torch.manual_seed(6)
    encoder = gnn.GAE(gnn.GCNConv(5, 3))
    yield "GAE", encoder.recon_loss(encoder.encode(_graph().x, EDGES), EDGES, torch.tensor([[0], [3]]))


def utilities():
    """What is done with edges."""
    graph = _graph()
    yield "graph", repr(graph)
    yield "adjacency", utils.to_dense_adj(EDGES)
    yield "degree", utils.degree(EDGES[0])
    yield "loops", utils.add_self_loops(EDGES)[0]
    yield "undirected", utils.to_undirected(torch.tensor([[0, 1], [1, 2]]))
    yield "softmax", utils.softmax(graph.x[:, 0], graph.y)
    yield "coalesced", utils.coalesce(EDGES)
    yield "part", utils.subgraph([0, 1, 2], EDGES)[0]
    for reduce in ("sum", "mean", "max", "min", "mul"):
        yield reduce, utils.scatter(graph.x, graph.y, 0, reduce=reduce)
    torch.manual_seed(5)
    yield "dropped", utils.dropout_edge(EDGES)[0]
    made = transforms.Compose([transforms.ToUndirected(), transforms.AddSelfLoops(), transforms.NormalizeFeatures()])
    yield "transformed", made(graph).x
    mixed = HeteroData()
    mixed["a"].x, mixed["b"].x = torch.ones(2, 5), torch.full((3, 5), 2.0)
    mixed["a", "to", "b"].edge_index = torch.tensor([[0, 1], [0, 2]])
    yield "mixed", repr(mixed)
    torch.manual_seed(8)
    layer = gnn.HeteroConv({("a", "to", "b"): gnn.SAGEConv((5, 5), 3)})
    yield "mixed, output", layer(mixed.x_dict, mixed.edge_index_dict)["b"]
