"""Values judged, as DRF and as pydantic judge them."""
