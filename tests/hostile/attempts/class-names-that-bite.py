"""Returns objects whose type has a name of a megabyte."""

T = type('<b>' + 'x' * 1_000_000, (), {})
def lstm_step(*args): return T(), T(), {'i': T()}
def gru_step(*args): return T(), {T(): 1}
