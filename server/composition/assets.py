"""Uploads, their conversion and the catalogue that shows them, put together."""

import os
import socket
from dataclasses import dataclass
from datetime import timedelta

from server import engines
from server.assets import job_routes, tus
from server.assets import repository as asset_documents
from server.assets import routes as asset_routes
from server.assets.blobs import Blobs
from server.assets.converter import PipelineConverter, recipe_version
from server.assets.grant import Grants
from server.assets.jobs import Jobs
from server.assets.partials import Partials
from server.assets.service import AssetService
from server.assets.uploads import UploadLimits, UploadService
from server.assets.wakeups import Wakeups
from server.catalog import repository as catalog_documents
from server.catalog.service import CatalogService
from server.composition import world
from server.routing import Route
from server.secret import own_secret
from server.settings import Settings
from server.storage.port import Store


@dataclass
class Assets:
    """The assets feature: uploads become blobs, blobs become files."""

    service: AssetService
    uploads: UploadService
    blobs: Blobs
    jobs: Jobs
    wakeups: Wakeups | None  # None: nobody on another machine converts
    grants: Grants
    node_url: str = ""  # what clients dial for this node, where there are others

    def routes(self) -> list[Route]:
        return [
            *tus.routes(self.uploads, node_url=self.node_url),
            *asset_routes.routes(self.service, self.blobs, self.grants),
            *job_routes.routes(self.service),
        ]


def make_assets_and_catalog(settings: Settings, store: Store) -> tuple[Assets, CatalogService]:
    """Together: a product shows files of assets, an asset that is ready goes to its product."""
    data = settings.data.resolve()
    blobs = engines.open_blobs(settings)
    documents = asset_documents.Assets(store)
    recipe = recipe_version() + ("" if settings.conversion_pictures else "-bare")
    service = AssetService(documents, blobs, recipe, clock=world.utc_now, new_id=world.new_id)
    catalog = CatalogService(catalog_documents.Catalog(store), service)
    uploads = UploadService(
        asset_documents.Uploads(store),
        Partials(data / "uploads"),
        blobs,
        service,
        catalog,
        clock=world.utc_now,
        new_id=world.new_id,
        limits=UploadLimits(
            bytes=settings.upload_max_bytes, lifetime=timedelta(hours=settings.upload_hours)
        ),
    )
    converter = PipelineConverter(
        blobs,
        data / "converting",
        recipe=recipe,
        seconds=settings.conversion_seconds,
        memory_mb=settings.conversion_memory_mb,
        pictures=settings.conversion_pictures,
    )
    jobs = Jobs(
        documents,
        converter,
        catalog,
        service.queued,
        clock=world.utc_now,
        new_id=world.new_id,
        at_once=settings.conversions,
        worker=f"{settings.node or socket.gethostname()}#{os.getpid()}",
    )
    wakeups = None
    if settings.redis_url:
        woken = jobs.woken if settings.worker_in_server else None
        wakeups = Wakeups(settings.redis_url, woken)
        service.rings.append(wakeups.ring)
    grants = Grants.of(own_secret(settings.data, settings.secret))
    node_url = settings.node_url.rstrip("/")
    return Assets(service, uploads, blobs, jobs, wakeups, grants, node_url), catalog
