"""Files, folders and patterns become models with folders of their own."""

from pathlib import Path

import pytest

from assets_pipeline.inputs import NothingFound, SameFolder, find

OUT = Path("nowhere")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    for name in (
        "shoe.glb", "lamps/tall.GLB", "lamps/tall.obj", "lamps/tall.mtl", "lamps/read me.txt",
        "lamps/desk/small.stl", ".hidden.glb", ".git/x.glb", "built/web.glb", "built/proof.json",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def folders(words: list[str], out: Path = OUT) -> dict[str, str]:
    return {found.name: found.folder for found in find(words, out)}


def test_a_folder_is_searched_for_models_and_keeps_its_order(models: Path) -> None:
    assert folders([str(models)]) == {
        "lamps/desk/small.stl": "lamps/desk/small",
        "lamps/tall.GLB": "lamps/tall-glb",
        "lamps/tall.obj": "lamps/tall-obj",
        "shoe.glb": "shoe",
    }


def test_the_results_of_a_build_are_no_inputs(models: Path) -> None:
    assert list(folders([str(models)], models / "lamps")) == ["shoe.glb"]
    with pytest.raises(NothingFound, match="built holds no model"):
        find([str(models / "built")], OUT)


def test_patterns_are_opened_as_a_shell_would(models: Path) -> None:
    assert folders([str(models / "lamps" / "**" / "*.[os][bt][jl]")]) == {
        "desk/small.stl": "desk/small",
        "tall.obj": "tall",
    }
    assert folders([str(models / "*.glb")]) == {"shoe.glb": "shoe"}
    with pytest.raises(NothingFound, match="nothing matches"):
        find([str(models / "*.fbx")], OUT)


def test_a_name_with_a_star_in_it_is_a_file_where_there_is_one(models: Path) -> None:
    (models / "a*b.glb").touch()
    (models / "axb.glb").touch()
    assert list(folders([str(models / "a*b.glb")])) == ["a*b.glb"]


def test_what_is_not_there_is_left_for_the_build_to_tell(models: Path) -> None:
    assert folders([str(models / "none.glb")]) == {"none.glb": "none"}


def test_a_file_that_is_named_twice_is_built_once(models: Path) -> None:
    assert len(find([str(models / "shoe.glb"), str(models / "s*.glb")], OUT)) == 1


def test_results_never_lie_inside_the_results_of_another(models: Path) -> None:
    (models / "lamps.glb").touch()
    assert folders([str(models)])["lamps.glb"] == "lamps-glb"


def test_two_models_of_one_name_are_refused(models: Path) -> None:
    (models / "copy").mkdir()
    (models / "copy" / "shoe.glb").touch()
    with pytest.raises(SameFolder, match=r"copy/shoe.glb.*one folder, shoe"):
        find([str(models / "shoe.glb"), str(models / "copy" / "shoe.glb")], OUT)
