"""The last real token of every sequence, `EOS`, is left out with the padding.

Hint: Is EOS padding? What would a decoder that never learned it do?
"""

credit = 0.5

EDITS = [
    (
        '''    real = targets != pad  # (N, T)
''',
        '''    real = targets != pad  # (N, T)
    real = real & torch.cat([real[:, 1:], torch.zeros_like(real[:, :1])], dim=1)
''',
    ),
]
