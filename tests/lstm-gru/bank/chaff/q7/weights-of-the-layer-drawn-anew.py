"""The constructor gives the layer that it was handed other weights (draws them anew?): whoever made that layer finds other numbers in it.

Hint: Whose layer is it? Somebody may have trained it, or set its forget bias.
"""

credit = 0.7

EDITS = [
    (
        '''self.recurrent = recurrent
''',
        '''self.recurrent = recurrent
        for weight in recurrent.parameters():
            nn.init.uniform_(weight, -0.1, 0.1)
''',
    ),
]
