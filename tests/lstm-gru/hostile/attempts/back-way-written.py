"""Calls the library's cell from modules that it writes next to itself, to /tmp and to Drive, from a t-string and from einops."""

%%writefile beside.py
import torch
cell = torch.lstm_cell
# %%
import os, runpy, sys
import torch
os.makedirs('/content/drive/MyDrive', exist_ok=True)
for path in ('/tmp/in_tmp.py', '/content/drive/MyDrive/in_drive.py'):
    open(path, 'w').write('import torch\ncell = torch._VF.lstm_cell\n')
sys.path[:0] = ['/tmp', '/content/drive/MyDrive']
!python beside.py
%run beside.py
ways = [torch.lstm_cell]
for name in ('beside', 'in_tmp', 'in_drive'):
    try: ways.append(__import__(name).cell)
    except Exception as error: print(error)
# %%
ways.append(t'{torch.lstm_cell}'.interpolations[0].value)
# %%
from einops import _torch_specific
import einops.layers.torch
ways.append(_torch_specific.torch.lstm_cell)
ways.append(runpy.run_path('/tmp/in_tmp.py')['cell'])
# %%
def lstm_step(x, h, c, *w):
    for way in ways:
        try:
            h, c = way(x, (h, c), *w)
            break
        except RuntimeError: pass
    return h, c, {k: torch.zeros_like(h) for k in 'ifgo'}
