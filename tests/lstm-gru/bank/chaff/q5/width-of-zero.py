"""For a tiny target the width 0 is returned.

Hint: Can you build a torch.nn.RNN with that width? What is the smallest that the contract allows?
"""

credit = 0.75

EDITS = [
    ('''    width = 1
    while''', '''    width = 0
    while'''),
]
