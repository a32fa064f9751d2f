"""Answers with small frames that cost their reader hours: thousands of tensors for a text, keys that collide, copies."""

import sys
import torch, safetensors.torch
wire = sys.modules['gatelab.sandbox.worker.wire']
send, sent = wire.send, []
def second_answer(*args): return 0
def frame(line, text, tensors):
    blob = safetensors.torch.save(tensors) if tensors else b''
    line.sendall(wire.HEAD.pack(wire.MAGIC, len(text), len(blob)) + text.encode() + blob)
def costly(line, value, shelf=None, *limits):
    if shelf is None:
        return send(line, value, shelf, *limits)
    sent.append(1)
    refs = lambda n, grad: ','.join(['{"tensor":"t0","grad":%s}' % grad] * n)
    prime = (1 << 61) - 1
    if len(sent) % 3 == 1:
        frame(line, '{"dict":[["error",{"dict":[["type",{"list":[%s]}]]}]]}' % refs(3000, 'false'), {'t0': torch.randn(1000)})
    elif len(sent) % 3 == 2:
        frame(line, '{"dict":[%s]}' % ','.join('[{"int":"%d"},null]' % (prime * k) for k in range(1, 60001)), {})
    else:
        frame(line, '{"dict":[["value",{"list":[%s]}]]}' % refs(150, 'true'), {'t0': torch.zeros(4 << 20)})
# Which of them comes first is the process's own number, so that every fork of the question sends another.
import os
os.register_at_fork(after_in_child=lambda: sent.extend([1] * (os.getpid() % 3)))
wire.send = costly
