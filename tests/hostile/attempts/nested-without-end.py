"""Returns a list that holds itself."""

def first_answer(*args):
    loop = []
    loop.append(loop)
    return loop, loop, {'i': loop}
