def softmax(logits):
    """Probabilities (N, K), each row adding up to 1, of logits (N, K)."""
    shifted = logits - logits.max(dim=1, keepdim=True).values
    powers = shifted.exp()
    return powers / powers.sum(dim=1, keepdim=True)
