"""Sends tensors that lie about their size."""

def first_answer(*args):
    import gc, socket, struct, json
    header = json.dumps({'t0': {'dtype': 'F64', 'shape': [1 << 40], 'data_offsets': [0, 8]}}).encode()
    blob = struct.pack('<Q', len(header)) + header + bytes(8)
    text = json.dumps({'dict': [['value', {'tuple': [{'tensor': 't0'}, {'tensor': 't1'}, {'ref': 'x', 'type': 5}]}]]}).encode()
    for o in gc.get_objects():
        if isinstance(o, socket.socket):
            o.sendall(struct.pack('>4sIQ', b'GLw1', len(text), len(blob)) + text + blob)
