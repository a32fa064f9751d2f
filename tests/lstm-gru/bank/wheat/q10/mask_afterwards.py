import torch


def tokens_of(model, state, token, max_len, eos):
    """Yield the tokens of each step until all have ended."""
    over = torch.zeros(len(token), dtype=torch.bool)
    for t in range(max_len):
        logits, state = model.step(token, state)
        token = logits.softmax(-1).argmax(-1)
        yield token
        over = torch.logical_or(over, token.eq(eos))
        if bool(over.all()):
            return


def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    with torch.no_grad():
        start = torch.LongTensor([bos] * source.shape[0])
        out = torch.stack(list(tokens_of(model, model.encode(source, source_lengths), start, max_len, eos))).T
        seen = (out == eos).long().cumsum(1)
        after = (seen - (out == eos).long()) > 0
        return torch.where(after, torch.full_like(out, pad), out)
