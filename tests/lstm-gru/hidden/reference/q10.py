"""Reference for q10: greedy decoding with a stop at EOS."""

import torch


def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    """The model's most likely tokens, fed back to it: (N, L) with L <= max_len."""
    with torch.no_grad():
        state = model.encode(source, source_lengths)
        token = torch.full((source.shape[0],), bos, dtype=torch.int64)  # (N,)
        ended = torch.zeros_like(token, dtype=torch.bool)  # (N,)
        out = []
        for _ in range(max_len):
            logits, state = model.step(token, state)
            token = logits.argmax(dim=-1)
            out.append(token.masked_fill(ended, pad))
            ended = ended | (token == eos)
            if ended.all():
                break
        return torch.stack(out, dim=1)
