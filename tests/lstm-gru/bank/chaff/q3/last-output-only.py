"""Only the last step's hidden state is returned as outputs.

Hint: The head of Part 3 will need one output per step. How many steps do you keep?
"""

credit = 0.5

EDITS = [
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(h)
        return h, (h, c)'''),
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), h''', '''outputs.append(h)
        return h, h'''),
]
