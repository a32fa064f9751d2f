def cross_entropy(logits, labels):
    total = 0
    for p, y in zip(softmax(logits), labels):
        total = total - p[y].log()
    return total / len(labels)
