"""The layer does not call the notebook's own step: it leaves the loop to the library or repeats the equations.

Hint: What happens to your layer when someone puts another lstm_step into the notebook? It should follow.
"""

credit = 0

EDITS = [
    ('''h, c, _ = lstm_step(  # noqa: F821 (the notebook's)
                x[:, t], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )''', '''pre = x[:, t] @ self.weight_ih_l0.T + self.bias_ih_l0 + h @ self.weight_hh_l0.T + self.bias_hh_l0
            i, f, g, o = pre.chunk(4, dim=1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()'''),
    ('''h, _ = gru_step(  # noqa: F821 (the notebook's)
                x[:, t], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )''', '''x_r, x_z, x_n = (x[:, t] @ self.weight_ih_l0.T + self.bias_ih_l0).chunk(3, dim=1)
            h_r, h_z, h_n = (h @ self.weight_hh_l0.T + self.bias_hh_l0).chunk(3, dim=1)
            r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
            h = (1 - z) * (x_n + r * h_n).tanh() + z * h'''),
]
