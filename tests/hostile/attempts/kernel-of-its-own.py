"""Names a kernel that starts a program."""

METADATA = {'kernelspec': {'name': '../../evil', 'display_name': '<script>alert(1)</script>', 'language': 'python', 'argv': ['/bin/sh', '-c', 'touch /tmp/gatelab-hostile-was-here']}}

x = 1
