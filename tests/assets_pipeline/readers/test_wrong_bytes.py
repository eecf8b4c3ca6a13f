"""Text formats with bytes changed, cut out and repeated: read or refused, never a crash."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets_pipeline.errors import PipelineError
from assets_pipeline.passes import Place
from assets_pipeline.readers import Limits, read
from tests.assets_pipeline import examples
from tests.assets_pipeline.readers import fbx_example, test_collada, test_threemf

GROUPS = (
    '<m:colorgroup id="2"><m:color color="#FF0000"/><m:color color="#BCBCBC"/></m:colorgroup>'
    '<m:texture2d id="5" path="/3D/oak.png"/><m:texture2dgroup id="6" texid="5">'
    '<m:tex2coord u="0" v="0"/><m:tex2coord u="1" v="0"/></m:texture2dgroup>'
    '<m:multiproperties id="7" pids="2 6"><m:multi pindices="0 1"/></m:multiproperties>'
)
TRIANGLES = (
    '<triangle v1="0" v2="1" v3="2" pid="2" p1="0" p2="1" p3="1"/>'
    '<triangle v1="0" v2="1" v3="2" pid="6" p1="0" p2="1" p3="1"/>'
    '<triangle v1="0" v2="1" v3="2" pid="7" p1="0"/>'
)
PAIR = (
    '<object id="8"><components><component objectid="9" transform="1 0 0 0 1 0 0 0 1 5 0 0"/>'
    "</components></object>"
)
LIMITS = Limits(vertices=100_000, triangles=100_000, nodes=1_000)
TEXTS = {
    "dae": test_collada.dae(
        test_collada.POLYLIST,
        shader=f"<diffuse>{test_collada.TEXTURE}</diffuse>",
        params=test_collada.PICTURE,
    ),
    "3mf": test_threemf.document(TRIANGLES, groups=GROUPS, more=PAIR, items='<item objectid="8"/>'),
    "fbx": fbx_example.text(fbx_example.document()),
    "obj": examples.OBJ,
    "mtl": (
        "newmtl oak\nKd 0.5 0.4 0.3\nNs 100\nd 0.5\nmap_Kd -s 1 1 1 -o 0 0 oak.png\n"
        "bump -bm 2 oak.png\n"
    ),
}
# What to put in place of a piece: nothing, too much, the wrong kind.
STRANGE = st.one_of(
    st.sampled_from(["", "-1", "0", "99999999999999999999", "1e308", "nan", "inf", "x", " ", "\0",
                     '"', "<", ">", "/>", "{", "}", "#", "é", "\n"]),
    st.text(max_size=3),
)  # fmt: skip


def packed(folder: Path, kind: str, text: str) -> Path:
    if kind == "fbx":
        (folder / "a.fbx").write_text(text)
        return folder / "a.fbx"
    names: dict[str, Callable[[str], dict[str, bytes | str]]] = {
        "dae": lambda t: {"a.dae": t},
        "3mf": lambda t: {"3D/3dmodel.model": t},
        "obj": lambda t: {"a.obj": t, "wood.mtl": examples.MTL},
        "mtl": lambda t: {"a.obj": examples.OBJ, "wood.mtl": t},
    }
    oak = examples.picture()
    return examples.archive(
        folder / "a.zip", {"oak.png": oak, "3D/oak.png": oak, **names[kind](text)}
    )


@pytest.mark.parametrize("kind", TEXTS)
@given(data=st.data())
@settings(max_examples=60)
def test_a_text_with_a_strange_piece_is_read_or_refused_but_never_crashes(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = TEXTS[kind]
    start = data.draw(st.integers(0, len(text) - 1))
    end = start + data.draw(st.integers(0, 12))
    changed = text[:start] + data.draw(STRANGE) + text[end:]
    whole = changed.encode("utf-8", "replace").decode()  # no lone surrogates
    path = packed(tmp_path_factory.mktemp("strange"), kind, whole)
    with suppress(PipelineError):  # anything else is a crash
        Place()(read(path, LIMITS))
