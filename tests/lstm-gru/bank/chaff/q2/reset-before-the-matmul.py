"""The reset gate is applied to h before the matrix product (the original paper's GRU), not to the product.

Hint: There are two GRUs in the literature. The contract says on which side of the matmul PyTorch's reset gate
acts.
"""

credit = 0.5

EDITS = [
    ("reset = r * h_n", "reset = (r * h) @ w_hh[-h.shape[1] :].T + b_hh[-h.shape[1] :]"),
]
