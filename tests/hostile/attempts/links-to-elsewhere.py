"""Leaves its folder by the paths that are looked for below it: dots, links, renamed folders, a working folder further up."""

import os, pathlib, shutil
mark = '/tmp/gatelab-hostile-was-here'
def tried(*steps):
    for step in steps:
        try: step()
        except Exception: pass
tried(lambda: os.makedirs('/tmp/way/down'), lambda: os.symlink('/tmp', '/content/up'), lambda: os.symlink('../../../..', 'far'), lambda: os.link('/etc/passwd', '/tmp/way/hard'))
for path in (mark, '/content/up/gatelab-hostile-was-here', 'far/tmp/gatelab-hostile-was-here', '/content/../tmp/gatelab-hostile-was-here', '/tmp/way/../gatelab-hostile-was-here', '/content//..//tmp//gatelab-hostile-was-here', '/proc/self/cwd/../../gatelab-hostile-was-here', os.fsencode(mark), pathlib.Path(mark)):
    tried(lambda: open(path, 'w').write('x'), lambda: os.close(os.open(path, os.O_CREAT | os.O_WRONLY)), lambda: os.mkdir(path), lambda: os.rename('/tmp/way', path), lambda: os.symlink('/etc/passwd', path), lambda: shutil.copytree('.', path), lambda: shutil.move('/tmp/way', path))
tried(lambda: os.chdir('../../..'), lambda: open('tmp/gatelab-hostile-was-here', 'w'), lambda: os.chdir('/tmp'), lambda: open('gatelab-hostile-was-here', 'w'))
for path in ('/tmp/way/hard', 'far/etc/passwd', '/tmp/way/../../etc/passwd', '/content/up/../etc/passwd', '/etc/shadow\0.txt', '/' * 5000 + 'etc/passwd'):
    try: text = open(path).read()
    except Exception: continue
    if 'root:' in text: raise ValueError('STOLEN ' + text)
