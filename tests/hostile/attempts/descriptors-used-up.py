"""Opens files until no more can be opened."""

held = []
def first_answer(*args):
    while True:
        try: held.append(open('/dev/null'))
        except OSError: break
    return held
