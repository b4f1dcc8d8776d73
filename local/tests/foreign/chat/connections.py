"""Who is connected: one empty file for each connection, in a folder that all functions share."""

import os
import pathlib

folder = pathlib.Path(os.environ["CONNECTIONS_FOLDER"])


def add(connection_id):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / connection_id).touch()


def remove(connection_id):
    (folder / connection_id).unlink(missing_ok=True)


def every():
    return sorted(path.name for path in folder.iterdir())
