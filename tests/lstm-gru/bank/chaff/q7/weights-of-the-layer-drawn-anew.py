"""The constructor changes the weights of the layer it was given (are they drawn again?): whoever made that layer finds other numbers in it.

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
