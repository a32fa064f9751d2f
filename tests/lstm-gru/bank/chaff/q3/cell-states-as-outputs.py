"""The LSTM's outputs are its cell states instead of its hidden states.

Hint: The cell is the memory, the hidden state is what it shows. Which of the two should the next layer read?
"""

credit = 0.6

EDITS = [
    ('''outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)''', '''outputs.append(c)
        return torch.stack(outputs, dim=1), (h, c)'''),
]
