"""An asset as the outside sees it."""

from datetime import datetime
from typing import Any

import msgspec

from server.assets.asset import SOURCE, Asset, Status
from server.assets.file import FileView, file_views, private_url


class AssetView(msgspec.Struct, frozen=True):
    """What GET /api/assets/{id} answers."""

    id: str
    status: Status
    progress: float
    step: str
    filename: str
    sku: str | None
    files: list[FileView]
    warnings: tuple[str, ...]
    variants: tuple[str, ...]
    dimensions: tuple[float, float, float] | None
    proof: str | None  # this and the next two: links for an hour
    proof_page: str | None
    source: str
    error: dict[str, Any] | None
    created_at: datetime


def view(asset: Asset, grant: str) -> AssetView:
    """With links to private files that carry this grant."""
    built = asset.built
    return AssetView(
        id=asset.id,
        status=asset.status,
        progress=asset.progress,
        step=asset.step,
        filename=asset.filename,
        sku=asset.sku,
        files=file_views(asset.id, built.files),
        warnings=built.warnings,
        variants=built.variants,
        dimensions=built.dimensions,
        proof=private_url(asset.id, grant, built.proof.name) if built.proof else None,
        proof_page=private_url(asset.id, grant, built.page.name) if built.page else None,
        source=private_url(asset.id, grant, SOURCE),
        error=asset.error if asset.status is Status.FAILED else None,
        created_at=asset.created_at,
    )
