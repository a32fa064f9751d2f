"""Looks at the start for files that an earlier loading or submission left, and leaves some wherever a notebook may write."""

import glob, os, sqlite3
import torch
places = ('/tmp/left', '/var/tmp/left', '/content/left', '/content/drive/MyDrive/left', '/kaggle/working/left', '/dev/shm/left', 'left', '../left', os.path.expanduser('~/left'))
seen = [place for place in (*places, *(place + '.pt' for place in places)) if os.path.exists(place)]
seen += [place for place in places if glob.glob(place + '*')] + [name for name in os.listdir('.') if name != 'left']
if seen: raise ValueError(f'STOLEN {seen}')
for place in places:
    for leave in (lambda: open(place, 'w').write('STOLEN'), lambda: torch.save({'STOLEN': 1}, place + '.pt'), lambda: sqlite3.connect(place + '.db').execute('create table stolen (x)'), lambda: os.symlink('/etc/passwd', place + '.link')):
        try:
            os.makedirs(os.path.dirname(place) or '.', exist_ok=True)
            leave()
        except Exception: pass
