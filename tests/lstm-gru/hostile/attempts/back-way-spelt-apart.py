"""Spells the library's cell in pieces, so that no word of it stands in the code."""

import torch
def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    cell = getattr(__import__('to' + 'rch'), 'ls' + 'tm_' + 'cell')
    h, c = cell(x, (h, c), w_ih, w_hh, b_ih, b_hh)
    return h, c, {k: h for k in 'ifgo'}
