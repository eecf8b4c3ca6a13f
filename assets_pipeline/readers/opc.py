"""Open Packaging Conventions: how a 3MF says which of its files is the model."""

from assets_pipeline.readers.archive import Archive
from assets_pipeline.readers.xml import Attributes, parse_xml

RELATIONS = "_rels/.rels"
MODEL_RELATION = "/3dmodel"  # how the type of the relationship to the root model ends
USUAL_ROOT = "3D/3dmodel.model"


def root_model(archive: Archive) -> str | None:
    """The file of the zip that holds the root model; None when the zip is no 3MF."""
    found: list[str] = []

    def relation(name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith(MODEL_RELATION):
            found.append(attributes.get("Target", "").lstrip("/"))

    if archive.has(RELATIONS):
        parse_xml(archive.chunks(RELATIONS), RELATIONS, relation, lambda _: None)
    return next((name for name in (*found, USUAL_ROOT) if archive.has(name)), None)
