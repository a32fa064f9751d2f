"""Opens files until no more can be opened."""

held = []
def lstm_step(*args):
    while True:
        try: held.append(open('/dev/null'))
        except OSError: break
    return held
