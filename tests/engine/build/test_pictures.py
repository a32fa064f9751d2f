"""Pictures and links in what students get: does a picture contain only what it shows, and do students get every linked file?"""

from __future__ import annotations

import io
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from gatelab.build import links, pictures
from gatelab.build.difference import differences
from gatelab.build.errors import BuildError
from gatelab.build.pipeline import built_release
from gatelab.build.preview import preview
from gatelab.lab.spec import Lab
from helpers import build_kit
from helpers.build_kit import accept_now

ROOT = Path(__file__).resolve().parents[3]
LAB = build_kit.NAME
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}<path d="M0 0L9 9"/></svg>'


def picture(kind: str, mode: str = "RGB", **how: Any) -> bytes:
    """A picture of noise, 17 pixels wide and 13 high."""
    noise = np.random.default_rng(0).integers(0, 256, (13, 17, 4), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert(mode).save(file, kind, **how)
    return file.getvalue()


def interlaced(pixels: bytes = zlib.compress(bytes(45 + 11))) -> bytes:
    """A black PNG of 9 x 5 grey pixels in Adam7's seven passes: 11 rows, each with a byte in front."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 9, 5, 8, 0, 0, 0, 1)),
        (b"IDAT", pixels),
        (b"IEND", b""),
    )
    made = [
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


def texts(text: str) -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", text)
    return info


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
FULL = {
    ".png": lambda: picture("PNG", "RGBA", pnginfo=texts("q1"), icc_profile=PROFILE, exif=EXIF),
    ".jpg": lambda: picture("JPEG", icc_profile=PROFILE, exif=EXIF, comment=b"q1"),
}
PURE: dict[str, tuple[str, Callable[[], bytes]]] = {
    **{f"PNG {mode}": (".png", lambda mode=mode: picture("PNG", mode)) for mode in ("1", "L", "P", "LA", "RGBA")},
    "PNG, interlaced": (".png", interlaced),
    "PNG with its size": (".png", lambda: picture("PNG", dpi=(100, 100))),
    "JPEG": (".jpg", lambda: picture("JPEG")),
    "JPEG, grey": (".jpeg", lambda: picture("JPEG", "L")),
    "JPEG, CMYK": (".jpg", lambda: picture("JPEG", "CMYK")),
    "JPEG, progressive": (".jpg", lambda: picture("JPEG", progressive=True)),
    "SVG": (".svg", lambda: SVG.format('<use href="#a"/>').encode()),
}  # fmt: skip
MORE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "a text": (".png", lambda: picture("PNG", pnginfo=texts("q1")), "holds more than the picture (chunk tEXt)"),
    "a profile": (".png", lambda: picture("PNG", icc_profile=PROFILE), "holds more than the picture (chunk iCCP)"),
    "an appendix": (".png", lambda: picture("PNG") + b"PK", "holds data after the picture"),
    "half of it": (".png", lambda: picture("PNG")[:-30], "is damaged, or not a picture of its kind (.png)"),
    "another kind": (".png", lambda: picture("JPEG"), "is not a PNG, whatever its name says"),
    "Exif": (".jpg", lambda: picture("JPEG", exif=EXIF), "holds more than the picture (Exif or XMP)"),
    "a comment": (".jpg", lambda: picture("JPEG", comment=b"q1"), "holds more than the picture (a comment)"),
    "an appendix of a JPEG": (".jpg", lambda: picture("JPEG") + b"PK", "holds data after the picture"),
    "half of a JPEG": (".jpg", lambda: picture("JPEG")[:-30], "is damaged, or not a picture of its kind (.jpg)"),
    "a script": (".svg", lambda: SVG.format("<script>1</script>").encode(), "holds <script>"),
    "a handler": (".svg", lambda: SVG.replace("<path", '<path onclick="f()"').format("").encode(), "holds onclick=…"),
    "a file elsewhere": (".svg", lambda: SVG.format('<image href="a.png"/>').encode(), "holds a link to a.png"),
    "no XML": (".svg", lambda: b"<svg>", "is damaged, or not a picture of its kind (.svg)"),
    "a page": (".svg", lambda: b"<html/>", "is not an SVG, whatever its name says"),
}  # fmt: skip


@pytest.mark.parametrize("name", PURE)
def test_a_picture_without_other_data_is_accepted(name: str) -> None:
    ending, make = PURE[name]
    if ending != ".svg":
        Image.open(io.BytesIO(make())).load()
    pictures.check(make(), ending)


@pytest.mark.parametrize("name", MORE)
def test_other_data_in_a_picture_is_named(name: str) -> None:
    ending, make, said = MORE[name]
    with pytest.raises(pictures.NotOnlyAPicture) as odd:
        pictures.check(make(), ending)
    assert str(odd.value).startswith(said)


@pytest.mark.parametrize(
    "pixels", [zlib.compress(bytes(56)) + b"q1", zlib.compress(bytes(57)), zlib.compress(bytes(55))]
)
def test_data_that_a_png_does_not_show_is_found(pixels: bytes) -> None:
    with pytest.raises(pictures.NotOnlyAPicture, match="holds other data than its pixels"):
        pictures.check(interlaced(pixels), ".png")


@pytest.mark.parametrize("ending", FULL)
def test_the_commands_on_the_page_leave_only_the_picture(tmp_path: Path, ending: str) -> None:
    page = (ROOT / "docs" / "start-a-lab.md").read_text(encoding="utf-8")
    lines = re.findall(r"^```python\n(from PIL .*?)^```", page, re.MULTILINE | re.DOTALL)[0]
    path = tmp_path / "img" / f"axes{ending}"
    path.parent.mkdir()
    path.write_bytes(FULL[ending]())
    with pytest.raises(pictures.NotOnlyAPicture):
        pictures.check(path.read_bytes(), ending)
    code = lines.replace("axes.png", path.name)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    pictures.check(path.read_bytes(), ending)
    assert Image.open(path).size == (17, 13)


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return build_kit.make_kit(tmp_path / "kit")


def show(kit: Path, text: str, release: str = "") -> None:
    """Append a cell with this text to the master, and add a file or folder to the list of what students get."""
    lines = "\n".join(f"# {line}" for line in text.split("\n"))
    build_kit.write_master(kit, f"{build_kit.MASTER}\n# %% [markdown]\n# See:\n{lines}\n")
    if release:
        table = kit / "assignment" / LAB / "lab.toml"
        was = table.read_text(encoding="utf-8")
        table.write_text(was.replace("release = [", f'release = ["{release}", '), encoding="utf-8")


def put(kit: Path, name: str, data: bytes) -> None:
    path = kit / "assignment" / LAB / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def test_a_picture_is_released_and_its_change_is_reported(kit: Path) -> None:
    put(kit, "img/the axes.png", picture("PNG"))
    show(kit, '![axes](<img/the axes.png> "x") ![](img/the%20axes.png) [the folder](img)', release="img")
    accept_now(kit)
    lab = Lab.in_repository(kit)
    with built_release(lab, kit) as old:
        assert (old / "img" / "the axes.png").read_bytes() == picture("PNG")
        shutil.copytree(old, kit / "release" / LAB)
        assert "data:image/png;base64," in preview(lab, kit).read_text(encoding="utf-8")
        put(kit, "img/the axes.png", picture("PNG", "L"))
        with built_release(lab, kit) as new:
            lines = list(differences(old, new, lab))
    assert lines[0] == "file: img/the axes.png" and "other bytes" in lines[1] and len(lines) == 2
    assert "img/the axes.png" in (kit / "assignment" / LAB / "released.snapshot").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    ["![a](img/axes.png)", '<img width=9 src="img/axes.png">', "[see][1]\n\n[1]: img/axes.png", "[the `axes`](./img/axes.png#a)"],
)  # fmt: skip
def test_a_link_to_what_students_do_not_get_is_refused_with_its_line(kit: Path, text: str) -> None:
    show(kit, text)
    at = next(
        n
        for n, line in enumerate((kit / f"assignment/{LAB}/lab.py").read_text("utf-8").split("\n"), 1)
        if "img/" in line
    )
    begin = f"lab.py, line {at} (the cell that starts 'See:'): links to "
    for make, why in (
        (lambda: None, f"and there is no such file in {kit / 'assignment' / LAB}; put it there, or take the link out."),
        (lambda: put(kit, "img/axes.png", picture("PNG")), "which students do not get; list img under release in lab.toml."),
    ):  # fmt: skip
        make()
        with pytest.raises(BuildError) as caught:
            accept_now(kit)
        assert begin in str(caught.value) and str(caught.value).endswith(why)
    show(kit, text, release="img")
    accept_now(kit)


def test_a_picture_with_other_data_is_refused(kit: Path) -> None:
    put(kit, "axes.png", FULL[".png"]())
    show(kit, "![a](axes.png)", release="axes.png")
    said = r"axes.png of the release holds more than the picture \(chunk \w+\); save the picture alone"
    with pytest.raises(BuildError, match=said):
        accept_now(kit)


def test_an_extension_in_capitals_is_recognised_too(kit: Path) -> None:
    put(kit, "img/IMG_1.JPG", picture("JPEG"))
    put(kit, "img/A.SVG", SVG.format("").encode())
    show(kit, "![a](img/IMG_1.JPG) ![b](img/A.SVG)", release="img")
    accept_now(kit)
    put(kit, "img/A.SVG", SVG.format('<a href="data:image/png;base64,AAAA"/>').encode())
    with pytest.raises(BuildError, match=r"img/A.SVG of the release embeds a file in an address"):
        accept_now(kit)


def test_a_page_that_links_to_nothing_is_refused(kit: Path) -> None:
    contract = kit / "assignment" / LAB / "CONTRACT.md"
    contract.write_text(contract.read_text("utf-8") + "\n\n[more](more.md)\n", encoding="utf-8")
    said = re.escape(
        f"links to more.md, and there is no such file in {contract.parent}; put it there, or take the link out."
    )
    with pytest.raises(BuildError, match=rf"CONTRACT\.md of the release, line \d+: {said}"):
        accept_now(kit)


def test_an_svg_is_searched_for_solutions(kit: Path) -> None:
    put(kit, "axes.svg", SVG.format("<!-- rows = powers / powers.sum(dim=1, keepdim=True) -->").encode())
    show(kit, "![a](axes.svg)", release="axes.svg")
    with pytest.raises(BuildError, match=r"axes.svg of the release shows a solution line of q1"):
        accept_now(kit)


@pytest.mark.parametrize(
    "text",
    [
        "[a](https://example.org/a.png) [b](#q1) <https://example.org> [c](mailto:ta@example.org) ![d](//example.org/d.png)",
        "`![a](no.png)` and $f[i](x)$",
        "```markdown\n![a](no.png)\n```",
        "$$\nf[i](x)\n$$",
        "[the checks](tests/q1.py) [them all](tests/) [this page](lab.ipynb#q1)",
        "a list[0] (of x)",
    ],
)
def test_links_to_no_file_or_to_a_file_of_students_are_allowed(text: str) -> None:
    assert list(links.broken(text, "lab.ipynb", {"lab.ipynb", "tests/q1.py"}, ROOT)) == []


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("../lab.toml", "which is not a file that students get"),
        ("/etc/passwd", "which is not a file that students get"),
        ("file:///etc/passwd", "which is not a file that students get"),
        ("C:/axes.png", "which is not a file that students get"),
        ("attachment:axes.png", "which is not a file that students get"),
        ("tests/q11.py", "(did you mean tests/q1.py?)"),
    ],
)
def test_a_link_out_of_the_handout_counts_as_broken(tmp_path: Path, target: str, said: str) -> None:
    [(line, why)] = links.broken(f"one\n[a]({target})", "lab.ipynb", {"lab.ipynb", "tests/q1.py"}, tmp_path)
    assert line == 2 and why.startswith(f"links to {target}, ") and said in why
