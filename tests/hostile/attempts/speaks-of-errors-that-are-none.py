"""Sends errors and gradients of the wrong kind."""

def first_answer(*args):
    import gc, socket, struct, json
    for text in (b'[]', b'null', b'{"dict": [["error", {"int": "5"}]]}', b'{"dict": [["grads", "x"], ["value", null]]}', b'{"int": "' + b'9' * 100000 + b'"}'):
        for o in gc.get_objects():
            if isinstance(o, socket.socket):
                o.sendall(struct.pack('>4sIQ', b'GLw1', len(text), 0) + text)
