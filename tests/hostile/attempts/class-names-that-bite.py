"""Returns objects whose type has a name of a megabyte."""

T = type('<b>' + 'x' * 1_000_000, (), {})
def first_answer(*args): return T(), T(), {'i': T()}
def second_answer(*args): return T(), {T(): 1}
