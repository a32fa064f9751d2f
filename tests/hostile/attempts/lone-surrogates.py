"""Uses text that is no Unicode, in names, keys and errors."""

def first_answer(*args): return {'\ud800': '\udfff'}
def second_answer(*args): raise ValueError('\ud800\udc00\ud800')
