import torch
from torch import nn


def shift_right(targets, bos):
    return torch.cat((targets.new_tensor([bos]).expand(len(targets), 1), targets[:, : targets.shape[1] - 1]), 1)


def choose(true, logits, forcing):
    """True token with probability forcing, else the most likely one, sequence by sequence."""
    picked = []
    coins = torch.rand(len(true)).tolist()
    best = logits.argmax(-1).tolist()
    for coin, yes, own in zip(coins, true.tolist(), best):
        picked.append(yes if coin < forcing else own)
    return torch.tensor(picked)


class Seq2Seq(nn.Module):
    def __init__(self, source_vocab, target_vocab, embedding_size, hidden_size, bos):
        super().__init__()
        self.bos, self.hidden_size = bos, hidden_size
        self.source_embedding = nn.Embedding(source_vocab, embedding_size)
        self.target_embedding = nn.Embedding(target_vocab, embedding_size)
        self.encoder, self.decoder = LSTM(embedding_size, hidden_size), LSTM(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, target_vocab)

    def encode(self, source, source_lengths):
        state = None
        for t in range(source.shape[1]):
            _, new = self.encoder(self.source_embedding(source[:, [t]]), state)
            if state is None:
                state = new
            else:
                keep = (t < source_lengths).unsqueeze(-1).expand_as(new[0])
                state = tuple(torch.where(keep, n, o) for n, o in zip(new, state))
        return state

    def step(self, token, state):
        outputs, state = self.decoder(self.target_embedding(token).unsqueeze(-2), state)
        return self.head(outputs.flatten(0, 1)), state

    def forward(self, source, source_lengths, targets, forcing=1.0):
        state, T = self.encode(source, source_lengths), targets.shape[1]
        logits, state = self.step(shift_right(targets, self.bos)[:, 0], state)
        logits_so_far = [logits]
        while len(logits_so_far) < T:
            token = choose(targets[:, len(logits_so_far) - 1], logits, forcing)
            logits, state = self.step(token, state)
            logits_so_far.append(logits)
        return torch.stack(logits_so_far, dim=-2)
