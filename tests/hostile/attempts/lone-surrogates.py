"""Uses text that is no Unicode, in names, keys and errors."""

def lstm_step(*args): return {'\ud800': '\udfff'}
def gru_step(*args): raise ValueError('\ud800\udc00\ud800')
