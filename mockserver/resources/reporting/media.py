"""Uploaded media: images that somebody put into a text, served to whoever knows their address."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from mockserver.errors import UnsupportedMediaType, ValidationError
from mockserver.request.call import Answer, Call
from mockserver.request.parsing import FORM, MULTIPART
from mockserver.resources.reporting import UPLOADED
from mockserver.resources.resource import Resource

TABLE = "uploaded_media"
MOST_BYTES = 4 * 1024 * 1024
SIGNATURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"\x00\x00\x01\x00",
    b"II*\x00",
    b"MM\x00*",
)
"""How images begin that servers can read: PNG, JPEG, GIF, BMP, ICO, TIFF; WebP has its name further on."""


class UploadedMedia(Resource):
    """Images of a project."""

    family = "uploaded_media"
    table = TABLE
    component = "UploadedMedia"
    title = "Media"
    parses = (MULTIPART, FORM)
    tells_fields = False

    def create(self, call: Call) -> Any:
        """Keep an image, and say where it is. Raises: ValidationError, UnsupportedMediaType."""
        file = call.files.get("image")
        if file is None:
            raise ValidationError("An image must be provided", code="no-image-provided")
        content = file.read(MOST_BYTES + 1)
        file.close()
        if len(content) > MOST_BYTES:
            raise ValidationError("Uploaded media must be less than 4MB", code="file_too_large")
        if not file.mimetype.startswith("image/"):
            raise UnsupportedMediaType.of(file.mimetype)
        if not is_image(content):
            raise ValidationError("Uploaded media must be a valid image", code="invalid_image")
        made = call.table(TABLE).insert({
            **self.identify(call), "name": file.filename or "", "content_type": file.mimetype,
            "content": base64.b64encode(content).decode(), "created_at": call.now(), "created_by": call.user["id"],
        })  # fmt: skip
        url = urlsplit(call.url)
        location = f"{url.scheme}://{url.netloc}/{UPLOADED}/{made['id']}"
        shown = {"id": made["id"], "image_location": location, "name": made["name"]}
        return Answer(shown, 201, {"Location": location})


def is_image(content: bytes) -> bool:
    """Return whether bytes begin as an image does."""
    return content.startswith(SIGNATURES) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP")
