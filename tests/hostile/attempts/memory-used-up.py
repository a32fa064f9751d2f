"""Takes memory until none is left."""

def first_answer(*args):
    held = []
    while True: held.append(bytearray(64 << 20))
