"""Names that a file system may contain."""

from __future__ import annotations

import os

from hypothesis import strategies as st

# A name may consist of up to 255 bytes, any except "/" and NUL.
raw_names = (
    st.one_of(
        st.binary(min_size=1, max_size=255).map(lambda data: data.replace(b"/", b"_").replace(b"\0", b"_")),
        st.text(min_size=1, max_size=80).map(
            lambda text: text.encode("utf-8", "replace").replace(b"/", b"-").replace(b"\0", b"-")
        ),
        st.sampled_from(
            [b"ada", b"Ada", b"ADA", b"...", b"CON", b"nul.txt", b"-rf", b"=1+1", b" ", b"a.", b".hidden"]
        ),
    )
    .map(os.fsdecode)
    .filter(lambda name: name not in {".", ".."})
)
