"""`python -m assets_pipeline` is `vitrine-assets`."""

from assets_pipeline.cli import main

main()
