"""The candidate is made from x alone and does not see the previous hidden state.

Hint: All four row blocks exist in w_hh too. What should the third one be multiplied with?
"""

credit = 0.4

EDITS = [
    ("g = torch.tanh(pre_g)", "g = torch.tanh(from_input.chunk(4, dim=1)[2])"),
]
