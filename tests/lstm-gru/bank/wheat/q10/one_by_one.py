import torch


@torch.no_grad()
def greedy_decode(model, source, source_lengths, max_len, bos, eos, pad=0):
    # one sequence at a time; no masks needed
    rows = []
    for n in range(len(source)):
        state = model.encode(source[n : n + 1], source_lengths[n : n + 1])
        token = torch.tensor([bos])
        row = []
        while len(row) < max_len:
            logits, state = model.step(token, state)
            token = logits.argmax(-1)
            row.append(token.item())
            if row[-1] == eos:
                break
        rows.append(row)
    width = max(len(r) for r in rows)
    return torch.tensor([r + [pad] * (width - len(r)) for r in rows])
