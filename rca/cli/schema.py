"""`rca schema`: the published JSON Schemas."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from rca.cli.output import print_json
from rca.export import ALL, NAMES, json_schema, write_schemas


def schema(name: str | None = None, /, *, out_folder: Annotated[Path | None, Parameter(name="--out")] = None) -> None:
    """Print a schema.

    Parameters
    ----------
    name
        Which schema, or all; without it, the names are listed.
    out_folder
        Folder to write <name>.schema.json into, instead of printing.
    """
    if out_folder is not None:
        names = NAMES if name in {None, ALL} else (str(name),)
        for target in write_schemas(names, out_folder):
            print(target)
    elif name is None:
        print("\n".join((*NAMES, ALL)))
    elif name == ALL:
        print_json(json.dumps({each: json_schema(each) for each in NAMES}, ensure_ascii=False))
    else:
        print_json(json.dumps(json_schema(name), ensure_ascii=False), indent=2)
