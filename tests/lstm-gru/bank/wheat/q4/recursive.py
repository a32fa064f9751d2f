"""A recursive product, hypot instead of squares, tensors split by time; comments in another language."""
import torch


# Norme du gradient à chaque pas
def gradient_norms(layer, x):
    entrée = x.detach().clone().requires_grad_()
    sorties, _ = layer(entrée)
    dernière = sorties.unbind(1)[-1]
    gradient, = torch.autograd.grad([dernière.sum()], [entrée], retain_graph=False)
    return torch.stack([pas.reshape(-1).norm() for pas in gradient.split(1, dim=1)])


def cell_path_gain(forget_gates):
    def produit(t):
        if t == len(forget_gates) - 1:
            return [torch.ones_like(forget_gates[t])]
        suite = produit(t + 1)
        return [forget_gates[t + 1] * suite[0]] + suite
    return torch.stack(produit(0))
