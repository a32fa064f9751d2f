"""Runs shell escapes and magics."""

!touch /tmp/gatelab-hostile-was-here
!curl http://127.0.0.1:1/
%run /etc/passwd
%load_ext autoreload
%cd /
%env GATELAB=1
%store x
# %%
%%bash
touch /tmp/gatelab-hostile-was-here
# %%
%%writefile /tmp/gatelab-hostile-was-here
x
# %%
%%javascript
alert(1)
# %%
%%html
<script>alert(1)</script>
# %%
%%script python
open('/tmp/gatelab-hostile-was-here', 'w')
